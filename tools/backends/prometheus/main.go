// Reads an exposition as Prometheus does: `prometheus` with the checks of `promtool check metrics`, `openmetrics` with the
// parser of its scraper. Says how many samples there are, or what is wrong.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = check(os.Args[1], text)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func check(format string, text []byte) error {
	symbols := labels.NewSymbolTable()
	if format == "openmetrics" {
		return count(textparse.NewOpenMetricsParser(text, symbols))
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		return err
	}
	for _, problem := range problems {
		return fmt.Errorf("%s: %s", problem.Metric, problem.Text)
	}
	return count(textparse.NewPromParser(text, symbols, false))
}

func count(parser textparse.Parser) error {
	for samples := 0; ; {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			fmt.Println(samples)
			return nil
		}
		if err != nil {
			return err
		}
		if entry == textparse.EntrySeries {
			samples++
		}
	}
}
