package sipmin

// ReasonPhrase returns the reason phrase of a status code (RFC 3261 §21 and
// the RFCs beside the rows); for an unknown one that of its class.
func ReasonPhrase(status uint16) string {
	switch status {
	case 100:
		return "Trying"
	case 180:
		return "Ringing"
	case 181:
		return "Call Is Being Forwarded"
	case 182:
		return "Queued"
	case 183:
		return "Session Progress"
	case 199:
		return "Early Dialog Terminated" // RFC 6228
	case 200:
		return "OK"
	case 202:
		return "Accepted" // RFC 3265
	case 204:
		return "No Notification" // RFC 5839
	}
	if s := failures[status]; s != "" {
		return s
	}
	switch status / 100 {
	case 1:
		return "Session Progress"
	case 2:
		return "OK"
	case 3:
		return "Redirection"
	case 4:
		return "Bad Request"
	case 5:
		return "Server Internal Error"
	}
	return "Declined"
}

// failures are the final responses but 2xx.
var failures = map[uint16]string{
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily",
	305: "Use Proxy", 380: "Alternative Service",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
	404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
	407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
	412: "Conditional Request Failed", // RFC 3903
	413: "Request Entity Too Large", 414: "Request-URI Too Long",
	415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
	420: "Bad Extension", 421: "Extension Required",
	422: "Session Interval Too Small", // RFC 4028
	423: "Interval Too Brief",
	430: "Flow Failed",                      // RFC 5626
	433: "Anonymity Disallowed",             // RFC 5079
	439: "First Hop Lacks Outbound Support", // RFC 5626
	469: "Bad Info Package",                 // RFC 6086
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
	482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous",
	486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	489: "Bad Event", // RFC 6665
	491: "Request Pending", 493: "Undecipherable",
	494: "Security Agreement Required", // RFC 3329
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway",
	503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported",
	513: "Message Too Large",
	580: "Precondition Failure", // RFC 3312
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}
