// Reads YAML documents of the Prometheus Operator's kinds into its own types, strictly, and says what does not fit.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(input io.Reader) error {
	text, err := io.ReadAll(input)
	if err != nil {
		return err
	}
	documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	buffer := make([]byte, len(text)+1)
	for {
		size, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := check(buffer[:size]); err != nil {
			return err
		}
	}
}

func check(document []byte) error {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := strict.Unmarshal(document, &head); err != nil {
		return err
	}
	if want := v1.SchemeGroupVersion.String(); head.APIVersion != want {
		return fmt.Errorf("%s is not of %s but of %q", head.Kind, want, head.APIVersion)
	}
	switch head.Kind {
	case v1.PrometheusRuleKind:
		return strict.UnmarshalStrict(document, &v1.PrometheusRule{})
	case v1.ServiceMonitorsKind:
		return strict.UnmarshalStrict(document, &v1.ServiceMonitor{})
	case v1.PodMonitorsKind:
		return strict.UnmarshalStrict(document, &v1.PodMonitor{})
	}
	return fmt.Errorf("nothing is known of %q", head.Kind)
}
