package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
)

// What the audit log says of reading, besides what was changed.
const (
	didReadOne   = "customer read"
	didReadSome  = "customers read"
	didTable     = "table exported"
	didChart     = "chart exported"
	didChat      = "conversation exported"
	didModel     = "model downloaded"
	didUpload    = "file uploaded"
	didScored    = "scored file downloaded"
	didSignIn    = "sign-in refused"
	didDropChat  = "conversation deleted"
	didDropChart = "chart deleted"
)

// What the audit log says of forgetting.
const (
	didForget = "customer forgotten"
	didScrub  = "files cleaned" // of what was forgotten
	didExpire = "conversations expired"
	didIngest = "customers ingested" // at the first start
)

// readActions are the lines that the page of models shows only when it is asked
// to, since they are many.
var readActions = []string{didReadOne, didReadSome, didTable, didChart, didChat, didModel, didScored}

// customerHash stands for the number of a customer in a line of the audit log:
// who has the number can find the lines (see GET /api/v1/audit), and when the
// customer is forgotten the number is not in the log.
func customerHash(line string, customer any) string {
	sum := sha256.Sum256([]byte(line + " " + fmt.Sprint(customer)))
	return hex.EncodeToString(sum[:8])
}

// note writes a line into the audit log, before what it tells of is shown. What
// cannot be noted is not shown.
func (s *Site) note(r *http.Request, what string, d auditDetail) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(r.Context()), readFor, errDown)
	defer cancel()
	return s.records.audit(ctx, userOf(r), what, d)
}

// noteInBackground is for what names no customer, and need not wait for the database.
func (s *Site) noteInBackground(r *http.Request, what string, d auditDetail) {
	s.wg.Go(func() {
		if err := s.note(r, what, d); err != nil {
			s.log.Error("the audit log cannot be written", "error", err)
		}
	})
}

// noteAnswer notes that an answer shows customers.
func (s *Site) noteAnswer(r *http.Request, a ask.Answer) error {
	switch n := len(a.Customers); n {
	case 0:
		return nil
	case 1:
		return s.note(r, didReadOne, auditDetail{customer: a.Customers[0]})
	default:
		return s.note(r, didReadSome, auditDetail{Count: n})
	}
}

// apiAudit returns the audit log, the last lines first, of a customer where one is
// named.
func (s *Site) apiAudit(w http.ResponseWriter, r *http.Request, _ *world.World) error {
	q := r.URL.Query()
	limit := 100
	if text := q.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			return refuse(http.StatusUnprocessableEntity, "limit", "api.range", "limit", 1000)
		}
	}
	type line struct {
		At     int64           `json:"at"` // microseconds of Unix time
		Who    string          `json:"who"`
		What   string          `json:"what"`
		Detail json.RawMessage `json:"detail"`
	}
	customer := strings.TrimSpace(q.Get("customer"))
	out := []line{}
	err := s.records.eachAuditEntry(r.Context(), func(a auditEntry) bool {
		var d auditDetail
		if json.Unmarshal([]byte(a.Detail), &d) != nil {
			// An earlier version kept words.
			b, _ := json.Marshal(auditDetail{Note: a.Detail})
			a.Detail = string(b)
		}
		if customer != "" && d.Customer != customerHash(a.ID, customer) {
			return true
		}
		out = append(out, line{a.At, a.Who, a.What, json.RawMessage(a.Detail)})
		return len(out) < limit
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"lines": out})
}
