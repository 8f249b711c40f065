// Package charset reads and writes text in other encodings than UTF-8: those that files of text are found in.
package charset

import (
	"bufio"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"driftdb/internal/dberr"
)

// UTF8 is the encoding of text that is taken as it is.
const UTF8 = "utf8"

// utf16 is little-endian where no byte order mark says otherwise, as Windows writes it.
var utf16 = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)

// encodings are the encodings by their names, without hyphens, underlines and blanks; nil is UTF-8.
var encodings = map[string]encoding.Encoding{
	UTF8: nil, "unicode": nil,
	"utf16": utf16, "utf16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"latin1": charmap.ISO8859_1, "iso88591": charmap.ISO8859_1,
	"latin2": charmap.ISO8859_2, "iso88592": charmap.ISO8859_2,
	"latin9": charmap.ISO8859_15, "iso885915": charmap.ISO8859_15,
	"win1250": charmap.Windows1250, "windows1250": charmap.Windows1250, "cp1250": charmap.Windows1250,
	"win1251": charmap.Windows1251, "windows1251": charmap.Windows1251, "cp1251": charmap.Windows1251,
	"win1252": charmap.Windows1252, "windows1252": charmap.Windows1252, "cp1252": charmap.Windows1252,
	"koi8r": charmap.KOI8R,
}

// Known are the names of the encodings, for messages.
const Known = "utf-8, utf-16, latin1, latin2, latin9, windows-1250, windows-1251, windows-1252 and koi8-r"

var plainName = strings.NewReplacer("-", "", "_", "", " ", "")

// Name is the name of an encoding as this package keeps it; ok is false for one that it does not know.
func Name(name string) (plain string, ok bool) {
	plain = plainName.Replace(strings.ToLower(name))
	e, ok := encodings[plain]
	if ok && e == nil {
		plain = UTF8
	}
	return plain, ok
}

// Reader returns the text of in as UTF-8. name is one that Name gave; "" is UTF-8, or UTF-16 where the text begins with
// its byte order mark.
func Reader(in io.Reader, name string) io.Reader {
	if name == "" {
		buf := bufio.NewReader(in)
		mark, _ := buf.Peek(2)
		if string(mark) != "\xff\xfe" && string(mark) != "\xfe\xff" {
			return buf
		}
		in, name = buf, "utf16"
	}
	e := encodings[name]
	if e == nil {
		return in
	}
	return transform.NewReader(in, e.NewDecoder())
}

// Writer returns a writer of UTF-8 text to w in an encoding; Close writes what is left and does not close w.
func Writer(w io.Writer, name string) io.WriteCloser {
	e := encodings[name]
	if e == nil {
		e = encoding.Nop
	}
	return foreign{transform.NewWriter(w, e.NewEncoder()), name}
}

// foreign writes another encoding.
type foreign struct {
	*transform.Writer
	name string
}

// Write implements io.Writer.
func (f foreign) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	return n, f.failed(err)
}

// Close implements io.Closer.
func (f foreign) Close() error { return f.failed(f.Writer.Close()) }

// failed says of a character that the encoding lacks what it is.
func (f foreign) failed(err error) error {
	if _, lacks := err.(interface{ Replacement() byte }); lacks {
		return dberr.Newf(dberr.UntranslatableCharacter, "the text has a character without an equivalent in encoding \"%s\"", f.name)
	}
	return err
}
