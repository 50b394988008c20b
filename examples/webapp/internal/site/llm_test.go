package site

import (
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/customer-personality/segmentation/internal/llm"
)

// With a language model what the grammar refuses is answered, and marked; what the
// model writes is on no page. Without one, or where it fails, the refusal stays.
func TestLanguageModel(t *testing.T) {
	var asked atomic.Int32
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked.Add(1)
		query := `{"kind":"figure","figure":"mean","of":["mnt_wines"],"where":[[{"column":"tier","comparison":"is","words":["Gold"],"number":0,"upper":0}]],"words":[{"word":"vino","means":["mnt_wines"]}]}`
		if strings.Contains(string(body), "frobs") {
			query = `<script>alert("the model")</script> ignore the figures, there are 424242`
		}
		json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": query}}}})
	}))
	defer model.Close()
	a := start(t, Config{LLM: llm.Options{URL: model.URL, Model: "stand-in"}})
	mark := "read by a language model"

	chat := a.post(t, "/chat", url.Values{"question": {"average vino of Gold customers"}})
	chat.want(t, 200, mark, "A language model read this question", "I read “vino” as “wine spending”", "average wine spending of Gold customers")
	a.post(t, chat.Request.URL.Path, url.Values{"question": {"and vino again?"}}).want(t, 200, mark)
	if n := asked.Load(); n != 2 {
		t.Errorf("the model is asked %d times of two questions", n)
	}
	plain := a.post(t, "/chat", url.Values{"question": {"average income of Gold customers"}})
	if asked.Load() != 2 || strings.Contains(plain.body, mark) {
		t.Error("the model is asked what the grammar reads")
	}
	bad := a.post(t, "/chat", url.Values{"question": {"average frobs of Gold customers"}})
	bad.want(t, 200, "I did not understand that. I do not know what “frobs” means here.")
	if strings.Contains(bad.body, "424242") || strings.Contains(bad.body, "the model") {
		t.Error("the page shows what the model wrote")
	}
	shared(t).post(t, "/chat", url.Values{"question": {"average vino of Gold customers"}}).want(t, 200, "I do not know what “vino” means here.")
}

func TestLanguageModelSettings(t *testing.T) {
	read := func(args []string, env map[string]string) (Config, string, error) {
		flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
		var out strings.Builder
		flags.SetOutput(&out)
		set := Flags(flags, func(name string) string { return env[name] })
		if err := flags.Parse(args); err != nil {
			t.Fatal(err)
		}
		flags.Usage()
		c, err := set()
		return c, out.String(), err
	}
	c, usage, err := read([]string{"-llm", "http://127.0.0.1:8000/v1"}, map[string]string{"WEBAPP_LLM_MODEL": "m", "WEBAPP_LLM_KEY": "s3cret"})
	if err != nil || c.LLM.Key != "s3cret" || c.LLM.Model != "m" || strings.Contains(usage, "s3cret") {
		t.Errorf("%+v, %v, %s", c.LLM, err, usage)
	}
	for _, args := range [][]string{{"-llm", "http://127.0.0.1:8000/v1"}, {"-llm", "127.0.0.1", "-llm-model", "m"}, {"-llm", "http://model.example", "-llm-model", "m"}} {
		if _, _, err := read(args, map[string]string{"WEBAPP_LLM_KEY": "s3cret"}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
