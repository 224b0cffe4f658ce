// A Go program that asks a server what it serves: arguments are the codec and the address.
//
// It prints the names of the services, then a line for each method with the Go types of its
// parameter and result, then one for each struct with its fields, and the error for a service
// that is not there.
package main

import (
	"fmt"
	"log"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"strings"
)

type Member struct {
	Name   string
	Number int
	Text   string
}

type Field struct {
	Name       string
	Attribute  string
	Type       int
	HasDefault bool
	Default    string
	JSON       string
	Embedded   bool
}

type Type struct {
	Kind     string
	Name     string
	Python   string
	Doc      string
	Element  int
	Key      int
	Length   int
	Fields   []Field
	Hashable bool
	Base     string
	Members  []Member
	Union    []int
	Nullable bool
	Encoding string
}

type Raised struct {
	Type int
	Text string
	Code int
}

type Method struct {
	Name        string
	Python      string
	Doc         string
	Request     int
	Response    int
	TakesStruct bool
	Parameter   string
	Raises      []Raised
	Timeout     float64
	Idempotent  bool
}

type Service struct {
	Name    string
	Python  string
	Doc     string
	Methods []Method
}

type Description struct {
	Services []Service
	Types    []Type
}

// spell returns Go's spelling of a type.
func (d *Description) spell(number int) string {
	t := d.Types[number]
	switch {
	case t.Name != "":
		return t.Name
	case t.Kind == "bytes":
		return "[]byte"
	case t.Kind == "slice":
		return "[]" + d.spell(t.Element)
	case t.Kind == "array":
		return fmt.Sprintf("[%d]%s", t.Length, d.spell(t.Element))
	case t.Kind == "map":
		return fmt.Sprintf("map[%s]%s", d.spell(t.Key), d.spell(t.Element))
	case t.Kind == "pointer":
		return "*" + d.spell(t.Element)
	case t.Kind == "interface":
		return "any"
	case t.Kind == "nothing":
		return "struct{}"
	}
	return t.Kind
}

func main() {
	dial := rpc.Dial
	if os.Args[1] == "json" {
		dial = jsonrpc.Dial
	}
	client, err := dial("tcp", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var names []string
	if err := client.Call("rpcgen.Reflection.Services", struct{}{}, &names); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Join(names, " "))
	var d Description
	if err := client.Call("rpcgen.Reflection.Describe", "", &d); err != nil {
		log.Fatal(err)
	}
	for _, service := range d.Services {
		for _, method := range service.Methods {
			fmt.Printf("%s.%s(%s) %s", service.Name, method.Name, d.spell(method.Request), d.spell(method.Response))
			for _, raised := range method.Raises {
				fmt.Printf(" raises %s %q %d", d.spell(raised.Type), raised.Text, raised.Code)
			}
			fmt.Printf(" timeout %g idempotent %t\n", method.Timeout, method.Idempotent)
		}
	}
	for _, t := range d.Types {
		if t.Kind == "struct" {
			fmt.Printf("type %s struct {", t.Name)
			for _, field := range t.Fields {
				fmt.Printf(" %s %s;", field.Name, d.spell(field.Type))
			}
			fmt.Println(" }")
		}
		if t.Kind == "enum" {
			fmt.Printf("type %s %s %v\n", t.Name, d.spell(t.Element), t.Members)
		}
	}
	fmt.Println(client.Call("rpcgen.Reflection.Describe", "Nowhere", &d))
}
