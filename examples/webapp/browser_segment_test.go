package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	pages "github.com/customer-personality/segmentation/internal/browser"
)

// The way of a manager, on a screen and on a phone: a file of customers is brought, segments
// are made of it, one is looked at and named, its customers filtered and drawn for a campaign
// with a hold-out group, and the file of that is what was asked for.
func TestCampaign(t *testing.T) {
	source, err := filepath.Abs("../../testdata/any/mall.csv") // for the browser
	if err != nil {
		t.Fatal(err)
	}
	customers := rowsByID(t, readCSV(t, mustRead(t, source)))
	for _, view := range []pages.View{{Width: 1440}, {Width: 390}} {
		t.Run(view.String(), func(t *testing.T) {
			p := begin(t).open(t, view)
			p.bring(source)
			p.wants("Annual Income (k$)", "Purchases", "CustomerID")
			p.train(`document.querySelector("#name").value = "Mall"`)
			p.leave(`document.querySelector("[role=status] a[href^='/segments/']").click()`)
			p.wants("Key figures", "Who is in it", "What to do", "Make a campaign list")
			tier := eval[string](p, `document.querySelector("h1").innerText`)
			p.do(chromedp.SetValue(chromedp.CSS("#actions"), "Call them before spring.\nOffer the card."))
			p.send("#name", "Best of "+view.String())
			p.wants("This is kept", tier+" · Best of")
			p.do(chromedp.SetValue(chromedp.CSS("#op"), "at least"), chromedp.SetValue(chromedp.CSS("#value"), "30"))
			p.leave(`document.querySelector("#column").value = "Age"; document.querySelector("#column").form.requestSubmit()`)
			p.wants("customers with age of at least 30 years")
			p.do(chromedp.SetValue(chromedp.CSS("#value"), "female"))
			p.leave(`document.querySelector("#column").value = "Gender"; document.querySelector("#column").form.requestSubmit()`)
			p.wants("Gender Female")
			p.do(chromedp.SetValue(chromedp.CSS("#holdout"), "25"), chromedp.SetValue(chromedp.CSS("#rate"), "60"), chromedp.SetValue(chromedp.CSS("#base"), "5"))
			p.send("#size", "12")
			p.wants("9 customers get the campaign, 3 are held out.", "To tell 60.0% from 5.0%")
			if view.Width > 1000 { // both widths are looked at
				p.look("segment")
			}
			p.leave(`for (const name of ["Gender", "Age"]) document.querySelector('[name=columns][value="' + name + '"]').checked = true; document.querySelector("button[name=draw]").click()`)
			p.wants("The list is made", "12 customers: customers with age of at least 30 years; customers with Gender Female", "25 per cent held out, seed 1")
			list := readCSV(t, p.fetched(eval[string](p, `document.querySelector("a[href^='/lists/'][href$='.csv']").getAttribute("href")`)))
			checkCampaign(t, list, customers)
			p.visit("/models?audit=all")
			p.wants("campaign list made", "Best of "+view.String())
			p.leave(`document.querySelector(".brand").click()`)
			p.wants(tier + " · Best of")
			p.clean()
		})
	}
}

// checkCampaign checks the file of a campaign list of 12 women from the age of 30 on, a
// quarter of whom are held out, against the customers that were brought.
func checkCampaign(t *testing.T, list [][]string, customers map[string][]string) {
	t.Helper()
	if !slices.Equal(list[0][:4], []string{"CustomerID", "Gender", "Age", "group"}) || len(list) != 13 {
		t.Fatalf("the list is %v", list)
	}
	held := 0
	for _, row := range list[1:] {
		of := customers[row[0]]
		if of == nil || of[1] != "Female" || row[1] != "Female" || of[2] != row[2] || len(row[2]) != 2 || row[2] < "30" {
			t.Errorf("the list has %v, of %v", row, of)
		}
		if row[3] == "hold-out" {
			held++
		} else if row[3] != "campaign" {
			t.Errorf("a group is %q", row[3])
		}
	}
	if held != 3 {
		t.Errorf("%d are held out, want 3", held)
	}
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func readCSV(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(len(rows), err)
	}
	return rows
}

// rowsByID are the rows of a table below its header by their first cell.
func rowsByID(t *testing.T, rows [][]string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, row := range rows[1:] {
		if out[row[0]] != nil {
			t.Fatalf("%s is there twice", row[0])
		}
		out[row[0]] = row
	}
	return out
}
