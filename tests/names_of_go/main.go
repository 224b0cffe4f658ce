// Says of each name on its input whether Go takes it as an identifier, and whether it is exported.
package main

import (
	"encoding/json"
	"go/token"
	"os"
)

func main() {
	var names []string
	if err := json.NewDecoder(os.Stdin).Decode(&names); err != nil {
		panic(err)
	}
	answers := map[string][2]bool{}
	for _, name := range names {
		// Keywords are names like any other on the wire.
		identifier := token.IsIdentifier(name) || token.IsKeyword(name)
		answers[name] = [2]bool{identifier, token.IsExported(name)}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
