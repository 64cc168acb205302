// Command kubeguard-rego judges Rego policies for kubeguard with OPA's own packages: one JSON
// request a line on standard input, one answer a line on standard output.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := guardMemory(os.Getenv("KUBEGUARD_REGO_MEMORY")); err != nil {
		fmt.Fprintln(os.Stderr, "kubeguard-rego:", err)
		os.Exit(2)
	}
	lines := make(chan []byte)
	go func() {
		read(os.Stdin, lines)
		os.Exit(0) // the parent has gone: whatever is being evaluated, nobody waits for it
	}()
	if err := serve(lines, os.Stdout); err != nil {
		os.Exit(1)
	}
}

// read hands on every whole line; a line that the end of input cuts short is no request.
func read(from io.Reader, lines chan<- []byte) {
	reader := bufio.NewReaderSize(from, 1<<16)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return
		}
		lines <- line
	}
}

// serve answers one request after the other, each with one line in one write.
func serve(lines <-chan []byte, to io.Writer) error {
	programs := newShelf()
	for line := range lines {
		if _, err := to.Write(programs.answer(line)); err != nil {
			return err
		}
	}
	return nil
}
