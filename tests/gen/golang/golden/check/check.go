// Package check calls methods that give back what they get.
package check

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"net/rpc"
	"reflect"
)

// Echo calls a method and says if its reply is not what it was given.
func Echo[T any](client *rpc.Client, method string, value T) error {
	return Reply(client, method, value, value)
}

// Reply calls a method and says if its reply is not the expected one.
func Reply[A, R any](client *rpc.Client, method string, args A, expected R) error {
	var reply R
	if err := client.Call(method, args, &reply); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	got, err := encoded(reply)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if want, err := encoded(expected); err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("%s: %+v is not %+v (%v)", method, reply, expected, err)
	}
	return nil
}

// encoded returns a value on gob; empty maps are left out as nil ones are, since to Python they
// are alike.
func encoded[T any](value T) ([]byte, error) {
	held := struct{ Value T }{value}
	dropEmptyMaps(reflect.ValueOf(&held).Elem())
	var buffer bytes.Buffer
	err := gob.NewEncoder(&buffer).Encode(held)
	return buffer.Bytes(), err
}

func dropEmptyMaps(value reflect.Value) {
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			dropEmptyMaps(value.Elem())
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				dropEmptyMaps(value.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			dropEmptyMaps(value.Index(i))
		}
	case reflect.Map:
		if value.Len() == 0 {
			value.SetZero()
		}
		for _, key := range value.MapKeys() {
			held := reflect.New(value.Type().Elem()).Elem()
			held.Set(value.MapIndex(key))
			dropEmptyMaps(held)
			value.SetMapIndex(key, held)
		}
	}
}

// First returns the first of several errors that is one.
func First(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
