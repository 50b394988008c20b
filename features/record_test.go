package features_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

func ExampleReader_Record() {
	file := "ID;Year_Birth;Education;Marital_Status;Income;Kidhome;Teenhome;Dt_Customer;MntWines;MntFruits;MntMeatProducts;MntFishProducts;MntSweetProducts;MntGoldProds;Store\n" +
		"C7;1970;2n Cycle;Married;58138;0;1;04-09-2012;635;88;546;172;88;88;\"Lyon; centre\"\n"
	r := features.Read(strings.NewReader(file), features.ReadOptions{})
	for c, err := range r.All(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		record := r.Record(nil)
		fmt.Println(c.ID, record[7], record[slices.Index(r.Header(), "Store")])
	}
	// Output: C7 04-09-2012 Lyon; centre
}

// Records are those of encoding/csv, whichever way a row was read, and reading
// them changes nothing.
func TestRecord(t *testing.T) {
	const header = "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds,City\n"
	var file strings.Builder
	file.WriteString(header)
	for i := range 9000 {
		city := []string{"Lyon", "\"a, \"\"b\"\"\"", "\"two\nlines\"", "", "Orléans"}[i%5]
		fmt.Fprintf(&file, "%d,%d,Graduation,Married,\"%d\",0,%d,%02d-%02d-2013,%d,1,2,3,4,5,%s\n", i+1, 1950+i%40, 20000+i, i%2, i%28+1, i%12+1, i%900, city)
		if i%1000 == 7 {
			file.WriteString("short,row\n")
		}
	}
	for name, text := range map[string]string{"comma": file.String(), "end": strings.TrimSuffix(file.String(), "\n")} {
		t.Run(name, func(t *testing.T) {
			want := csv.NewReader(strings.NewReader(text))
			want.FieldsPerRecord = -1
			rows, err := want.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			rows = slices.DeleteFunc(rows, func(r []string) bool { return len(r) != 15 })
			r := features.Read(strings.NewReader(text), features.ReadOptions{Policy: features.Skip})
			if r.Record(nil) != nil {
				t.Error("there is a record before the first customer")
			}
			i := 0
			var record []string
			for _, err := range r.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if i++; !slices.Equal(r.Header(), rows[0]) {
					t.Fatalf("header %q", r.Header())
				}
				if record = r.Record(record); !slices.Equal(record, rows[i]) {
					t.Fatalf("record %d is %q, want %q", i, record, rows[i])
				}
			}
			if i != 9000 {
				t.Errorf("%d customers", i)
			}
		})
	}
}

// Fields that no one reads do not decide the encoding.
func TestRecordEncoding(t *testing.T) {
	file := "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds,City\n" +
		"1,1970,Graduation,Married,58138,0,1,04-09-2012,635,88,546,172,88,88,Orl\xe9ans\n" +
		"2,1970,Mast\xe9r,Married,58138,0,1,14-09-2012,635,88,546,172,88,88,Lyon\n"
	r := features.Read(strings.NewReader(file), features.ReadOptions{})
	var cities, words []string
	for c, err := range r.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		cities, words = append(cities, r.Record(nil)[14]), append(words, c.Education)
	}
	if cities[0] != "Orléans" || words[1] != "Mastér" {
		t.Errorf("%q, %q", cities, words)
	}
}
