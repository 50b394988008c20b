package upload_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/customer-personality/segmentation/internal/web/upload"
)

// form is a request with a file.
func form(text string) *http.Request {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, _ := w.CreateFormFile("file", "letter.txt")
	_, _ = io.WriteString(part, text)
	_ = w.Close()
	r := httptest.NewRequest("POST", "/upload", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func ExampleStore() {
	s, err := upload.New[string](upload.Options{MaxSize: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()
	job, err := s.Receive(httptest.NewRecorder(), form("Dear all"), "ann")
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Keep(job, "it waits")
	s.Run(context.Background(), job, func(in io.Reader, out io.Writer) error {
		text, err := io.ReadAll(in)
		if err == nil {
			_, err = io.WriteString(out, strings.ToUpper(string(text)))
		}
		return err
	}, func(state *string, err error) { *state = fmt.Sprintf("it ended with %v", err) })
	file, err := job.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := io.ReadAll(file)
	fmt.Printf("%s, %d bytes: %s: %s\n", job.Name, job.Size, job.Now(), text)

	_, err = s.Receive(httptest.NewRecorder(), form(strings.Repeat("x", 101)), "ann")
	fmt.Println(errors.Is(err, upload.ErrTooLarge), s.Active())
	// Output:
	// letter.txt, 8 bytes: it ended with <nil>: DEAR ALL
	// true 0
}
