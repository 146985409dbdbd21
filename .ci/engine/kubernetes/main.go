// The Kubernetes provider of Pulumi, served from its own module. The module's main embeds files that
// it generates and does not hold; this one reads the schema that it does hold, from a file beside it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

// version is set by the linker, from go.mod.
var version = ""

func main() {
	program, err := os.Executable()
	if err != nil {
		fail(err)
	}
	schema, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schema.json"))
	if err != nil {
		fail(err)
	}
	provider.Serve("kubernetes", version, schema, []byte("{}"))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
