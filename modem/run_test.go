package modem

import (
	"context"
	"testing"
	"time"

	"imsagent/modem/modemtest"
)

func TestSmoke(t *testing.T) {
	m, err := modemtest.Start(modemtest.Options{Log: func(d, l string) { t.Log(d, l) }})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	Run(ctx, Config{Protocol: "at", Device: m.Addr()}, func(e Event) { t.Logf("%v %q %q %v", e.Kind, e.PANI, e.Text, e.Err) })
}
