package sipmin

// To add a header field: add its constant and its row in headerTable; if it
// may occur only once and two of it would be two readings, set once. Its
// grammar, if somebody reads it, goes to a file of its own.

// HeaderID names a header field. HOther is every field without an ID.
type HeaderID uint8

// The header fields that have an ID.
const (
	HOther HeaderID = iota
	HVia
	HFrom
	HTo
	HCallID
	HCSeq
	HContact
	HRoute
	HRecordRoute
	HMaxForwards
	HContentLength
	HContentType
	HContentDisposition
	HContentEncoding
	HExpires
	HMinExpires
	HRequire
	HSupported
	HUnsupported
	HProxyRequire
	HAllow
	HAccept
	HAcceptContact
	HRejectContact
	HRSeq
	HRAck
	HSessionExpires
	HMinSE
	HRetryAfter
	HReason
	HEvent
	HAllowEvents
	HSubscriptionState
	HUserAgent
	HServer
	HWarning
	HDate
	HSubject
	HReferredBy
	HReferTo
	HReplaces
	HRequestDisposition
	HPAssertedIdentity
	HPPreferredIdentity
	HPAssertedService
	HPPreferredService
	HPAccessNetworkInfo
	HPAssociatedURI
	HPCalledPartyID
	HPEarlyMedia
	HServiceRoute
	HPath
	HWWWAuthenticate
	HAuthorization
	HProxyAuthenticate
	HProxyAuthorization
	HAuthenticationInfo
	HSecurityClient
	HSecurityServer
	HSecurityVerify
	HConversationID
	HContributionID
	HInReplyToContributionID
	HInReplyTo
	HPrivacy
	HHistoryInfo
	HMIMEVersion
	HContentID
	HContentTransferEncoding
	HFlowTimer
	numHeaders
)

// headerTable gives each field its name, its compact form if it has one
// (RFC 3261 §7.3.3 and the RFCs beside the rows), and whether two of it make
// a message malformed.
var headerTable = [numHeaders]struct {
	name    string
	compact string
	once    bool
}{
	HOther:                   {},
	HVia:                     {"Via", "v", false},
	HFrom:                    {"From", "f", true},
	HTo:                      {"To", "t", true},
	HCallID:                  {"Call-ID", "i", true},
	HCSeq:                    {"CSeq", "", true},
	HContact:                 {"Contact", "m", false},
	HRoute:                   {"Route", "", false},
	HRecordRoute:             {"Record-Route", "", false},
	HMaxForwards:             {"Max-Forwards", "", true},
	HContentLength:           {"Content-Length", "l", true},
	HContentType:             {"Content-Type", "c", false}, // twice in the field: the first counts
	HContentDisposition:      {"Content-Disposition", "", false},
	HContentEncoding:         {"Content-Encoding", "e", false},
	HExpires:                 {"Expires", "", false},
	HMinExpires:              {"Min-Expires", "", false},
	HRequire:                 {"Require", "", false},
	HSupported:               {"Supported", "k", false},
	HUnsupported:             {"Unsupported", "", false},
	HProxyRequire:            {"Proxy-Require", "", false},
	HAllow:                   {"Allow", "", false},
	HAccept:                  {"Accept", "", false},
	HAcceptContact:           {"Accept-Contact", "a", false}, // RFC 3841 §9.2
	HRejectContact:           {"Reject-Contact", "j", false}, // RFC 3841 §9.3
	HRSeq:                    {"RSeq", "", false},
	HRAck:                    {"RAck", "", false},
	HSessionExpires:          {"Session-Expires", "x", false}, // RFC 4028 §4
	HMinSE:                   {"Min-SE", "", false},
	HRetryAfter:              {"Retry-After", "", false},
	HReason:                  {"Reason", "", false},
	HEvent:                   {"Event", "o", false},        // RFC 6665 §8.2.1
	HAllowEvents:             {"Allow-Events", "u", false}, // RFC 6665 §8.2.2
	HSubscriptionState:       {"Subscription-State", "", false},
	HUserAgent:               {"User-Agent", "", false},
	HServer:                  {"Server", "", false},
	HWarning:                 {"Warning", "", false},
	HDate:                    {"Date", "", false},
	HSubject:                 {"Subject", "s", false},
	HReferredBy:              {"Referred-By", "b", false}, // RFC 3892 §3
	HReferTo:                 {"Refer-To", "r", false},    // RFC 3515 §2.1
	HReplaces:                {"Replaces", "", false},
	HRequestDisposition:      {"Request-Disposition", "d", false}, // RFC 3841 §9.1
	HPAssertedIdentity:       {"P-Asserted-Identity", "", false},
	HPPreferredIdentity:      {"P-Preferred-Identity", "", false},
	HPAssertedService:        {"P-Asserted-Service", "", false},
	HPPreferredService:       {"P-Preferred-Service", "", false},
	HPAccessNetworkInfo:      {"P-Access-Network-Info", "", false},
	HPAssociatedURI:          {"P-Associated-URI", "", false},
	HPCalledPartyID:          {"P-Called-Party-ID", "", false},
	HPEarlyMedia:             {"P-Early-Media", "", false},
	HServiceRoute:            {"Service-Route", "", false},
	HPath:                    {"Path", "", false},
	HWWWAuthenticate:         {"WWW-Authenticate", "", false},
	HAuthorization:           {"Authorization", "", false},
	HProxyAuthenticate:       {"Proxy-Authenticate", "", false},
	HProxyAuthorization:      {"Proxy-Authorization", "", false},
	HAuthenticationInfo:      {"Authentication-Info", "", false},
	HSecurityClient:          {"Security-Client", "", false},
	HSecurityServer:          {"Security-Server", "", false},
	HSecurityVerify:          {"Security-Verify", "", false},
	HConversationID:          {"Conversation-ID", "", false},
	HContributionID:          {"Contribution-ID", "", false},
	HInReplyToContributionID: {"InReplyTo-Contribution-ID", "", false},
	HInReplyTo:               {"In-Reply-To", "", false},
	HPrivacy:                 {"Privacy", "", false},
	HHistoryInfo:             {"History-Info", "", false},
	HMIMEVersion:             {"MIME-Version", "", false},
	HContentID:               {"Content-ID", "", false},
	HContentTransferEncoding: {"Content-Transfer-Encoding", "", false},
	HFlowTimer:               {"Flow-Timer", "", false}, // RFC 5626 §10
}

// Name returns the field's name, the compact form if asked for and there is
// one; "" for HOther.
func (id HeaderID) Name(compact bool) string {
	if id >= numHeaders {
		return ""
	}
	if h := &headerTable[id]; compact && h.compact != "" {
		return h.compact
	}
	return headerTable[id].name
}

// HeaderOf returns the ID of a field name, long or compact, in any case.
//
//	"Implementations MUST accept both the long and short forms of each header
//	name." (RFC 3261 §7.3.3)
func HeaderOf(name []byte) HeaderID {
	if len(name) == 0 || len(name) > maxName {
		return HOther
	}
	for i := nameHash(name); ; i++ {
		id := nameIndex[i%uint16(len(nameIndex))]
		if id == HOther {
			return HOther
		}
		h := &headerTable[id]
		if string(name) == h.name || string(name) == h.compact { // as nearly everybody spells it
			return id
		}
		if EqualFold(name, h.name) || EqualFold(name, h.compact) {
			return id
		}
	}
}

// maxName is the length of the longest name in headerTable.
const maxName = 25

// nameHash places a name in nameIndex. The factors were searched so that no two
// of the names fall on one place; a name added later may.
func nameHash[T string | []byte](name T) uint16 {
	n := len(name)
	return 65*uint16(lower(name[0])) + 50*uint16(lower(name[n/2])) + 130*uint16(lower(name[n-1])) + 153*uint16(n)
}

// nameIndex is a table of the names, open-addressed; under half of it is used.
var nameIndex = func() (t [512]HeaderID) {
	put := func(name string, id HeaderID) {
		i := nameHash(name)
		for t[i%uint16(len(t))] != HOther {
			i++
		}
		t[i%uint16(len(t))] = id
	}
	for id := HVia; id < numHeaders; id++ {
		put(headerTable[id].name, id)
		if c := headerTable[id].compact; c != "" {
			put(c, id)
		}
	}
	return t
}()
