package msrp

type want struct {
	messages []string
	codes    string
	reports  int
}

func one(body string) want { return want{messages: []string{body}, codes: "200"} }

// accepted is the expectation column of the edge cases in figures, typed by hand.
var accepted = map[string]want{
	"body-empty-with-content-type":        {messages: []string{}, codes: "200"},
	"body-ends-with-crlfcrlf":             one("a\r\n\r\n"),
	"body-starts-with-dashes":             one("-------"),
	"chunk-abort":                         {messages: []string{}, codes: "200 200"},
	"chunk-dup-chunk":                     {messages: []string{"abcdEFGH"}, codes: "200 200 200"},
	"chunk-dup-message-id-after-complete": {messages: []string{"abcdEFGH", "abcdEFGH"}, codes: "200 200"}, // the agent shows one
	"chunk-interleaved-two-messages":      {messages: []string{"WXYZ", "abcdEFGH"}, codes: "200 200 200"},
	"chunk-interrupted-star":              {messages: []string{"abcdEFGH"}, codes: "200 200"},
	"chunk-overlap-full-rewrite":          {messages: []string{"abcdEFGH"}, codes: "200 200"},
	"chunk-overlap-last-wins":             {messages: []string{"abcdEFGH"}, codes: "200 200"},
	"chunk-same-tid-two-messages":         {codes: "200 200"},
	"chunk-total-unknown-then-known":      {messages: []string{"abcdEFGH"}, codes: "200 200"},
	"eight-dashes-then-true-end":          one("a\r\n-"),
	"failure-report-no":                   {},
	"failure-report-partial":              {},
	"failure-report-yes":                  {codes: "200"},
	"hdr-to-path-params-ignored":          {codes: "200"},
	"hdr-to-path-userinfo":                {codes: "200"},
	"hdr-mime-headers":                    {codes: "200"},
	"method-unknown-with-body":            {codes: "501 200"},
	"range-absent":                        {codes: "200"},
	"range-exact":                         one("hello"),
	"range-one-octet-star":                {codes: "200"},
	"report-dup":                          {},
	"report-failure-413":                  {},
	"report-success":                      {},
	"resp-unknown-tid":                    {},
	"success-report-yes":                  {codes: "200", reports: 1},
	"tid-32-chars":                        {codes: "200"},
	"tid-all-ident-chars":                 {codes: "200"},
	"tid-ends-with-plus":                  {codes: "200"},
	"endline-1-octet-per-tcp":             {codes: "200"},
	"report-to-report":                    {},
	"star-short-segment":                  {codes: "200"},
	"tid-reuse-spoof":                     {codes: "200"},
}
