package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
)

// errPagerLeft ends a statement whose reader has left the pager.
var errPagerLeft = errors.New("the pager was left")

// page is where one result goes: the screen as long as it fits, else a pager.
type page struct {
	screen *screen
	held   bytes.Buffer
	lines  int
	limit  int // lines that fit; 0 when nothing is paged
	cmd    *exec.Cmd
	in     io.WriteCloser
}

// page begins a result.
func (s *screen) page() *page {
	p := &page{screen: s}
	switch s.pager {
	case "on":
		_, fit := s.size()
		p.limit = max(fit, s.least)
	case "always":
		p.limit = 1
	}
	if len(pagerCommand()) == 0 {
		p.limit = 0
	}
	return p
}

// Write shows p, now or when it is clear whether it fits.
func (p *page) Write(text []byte) (int, error) {
	if p.in != nil {
		if _, err := p.in.Write(text); err != nil {
			return 0, errPagerLeft
		}
		return len(text), nil
	}
	if p.limit == 0 {
		return p.screen.file.Write(text)
	}
	p.held.Write(text)
	if p.lines += bytes.Count(text, []byte{'\n'}); p.lines >= p.limit {
		p.start()
	}
	return len(text), nil
}

// pagerCommand is the pager: DRIFTDB_PAGER, PAGER, or less or more if there is one. An empty one, or cat, is none.
func pagerCommand() []string {
	for _, name := range []string{"DRIFTDB_PAGER", "PAGER"} {
		if text, ok := os.LookupEnv(name); ok {
			if text == "" || text == "cat" {
				return nil
			}
			return []string{"sh", "-c", text}
		}
	}
	for _, name := range []string{"less", "more"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}
		}
	}
	return nil
}

// start starts the pager with what is held. Without one that starts everything goes to the screen.
func (p *page) start() {
	args := pagerCommand()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = p.screen.file, os.Stderr
	if _, ok := os.LookupEnv("LESS"); !ok {
		cmd.Env = append(os.Environ(), "LESS=-FRSX")
	}
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.limit = 0
		p.screen.file.Write(p.held.Bytes())
		p.held.Reset()
		return
	}
	p.cmd, p.in = cmd, in
	p.in.Write(p.held.Bytes()) // if the pager is gone the next Write says so
	p.held.Reset()
}

// close shows what is held, or waits until the reader leaves the pager.
func (p *page) close() {
	if p.in == nil {
		p.screen.file.Write(p.held.Bytes())
		return
	}
	p.in.Close()
	p.cmd.Wait() // its status says nothing about the result
}
