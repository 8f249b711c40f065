//go:build race

package eventlog

// raceDetector says that the test runs under the race detector.
const raceDetector = true
