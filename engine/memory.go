package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"
)

const (
	exitOutOfMemory = 78
	memoryPoll      = 10 * time.Millisecond
	garbagePercent  = 400
)

// collectGarbage begins to do so. Until the first policies are compiled nothing is collected: that
// costs time, and is for a process that may be gone before it needs the memory.
func collectGarbage() { debug.SetGCPercent(garbagePercent) }

// guardMemory ends the process as soon as it holds more than limit bytes; near the limit the
// garbage collector works harder, so that only what is really in use counts.
func guardMemory(limit string) error {
	debug.SetGCPercent(-1)
	if limit == "" {
		return nil
	}
	bytes, err := strconv.ParseInt(limit, 10, 64)
	if err != nil || bytes <= 0 {
		return fmt.Errorf("KUBEGUARD_REGO_MEMORY is not a number of bytes: %q", limit)
	}
	debug.SetMemoryLimit(bytes / 5 * 4)
	debug.SetMaxStack(int(bytes / 4))
	go func() {
		for range time.Tick(memoryPoll) {
			if memoryInUse() > uint64(bytes) {
				os.Exit(exitOutOfMemory)
			}
		}
	}()
	return nil
}

// memoryInUse is what the operating system has given and not got back, in bytes.
func memoryInUse() uint64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
