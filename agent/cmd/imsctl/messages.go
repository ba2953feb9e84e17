package main

import (
	"context"
	"strings"

	"imsagent/agent/ipc"
)

// messages prints the spool, page by page.
func messages(ctx context.Context, c *console, _ []string) int {
	after := ""
	for {
		params := object{}
		if after != "" {
			params["after"] = after
		}
		r, err := c.call(ctx, "messages", params)
		if err != nil {
			return c.failed(err)
		}
		list := members(r, "messages")
		for _, m := range list {
			if err := c.message(ctx, m); err != nil {
				return c.failed(err)
			}
			after = text(m, "message_id")
		}
		if !flagged(r, "more") || len(list) == 0 {
			return exitDone
		}
	}
}

// message prints one entry; the body of a text that did not come with it is fetched.
func (c *console) message(ctx context.Context, m object) error {
	if isText(text(m, "content_type")) {
		if _, ok := m["body"]; !ok {
			body, err := c.fetch(ctx, text(m, "message_id"), number(m, "size"))
			if err != nil {
				return err
			}
			m["body"] = body
		}
	}
	peer, way := text(m, "from"), "<--"
	if text(m, "dir") == "out" {
		peer, way = text(m, "to"), "-->"
	}
	state := text(m, "state")
	if reason := text(m, "reason"); reason != "" {
		state += " (" + reason + ")"
	}
	c.print(m, "%s  %s  %s %s  %s  %s", show(text(m, "message_id")), clock(number(m, "time")), way, show(peer), show(state), content(m))
	return nil
}

// fetch reads a body that was too long for its entry.
func (c *console) fetch(ctx context.Context, id string, size int64) ([]byte, error) {
	var body []byte
	for int64(len(body)) < min(size, maxInput) {
		r, err := c.call(ctx, "fetch", object{"message_id": id, "offset": len(body), "limit": ipc.MaxBody})
		if err != nil {
			return nil, err
		}
		piece, _ := r["body"].([]byte)
		body = append(body, piece...)
		if flagged(r, "eof") || len(piece) == 0 {
			break
		}
	}
	return body, nil
}

// content is the text of a message, or what it is instead.
func content(m object) string {
	if isText(text(m, "content_type")) {
		return "'" + show(text(m, "body")) + "'"
	}
	return "(" + show(text(m, "content_type")) + ")"
}

func isText(contentType string) bool {
	return contentType == "" || len(contentType) > 5 && strings.EqualFold(contentType[:5], "text/")
}
