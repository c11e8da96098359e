package deltasync_test

import (
	"testing"

	"pgregory.net/rapid"
)

func TestWhateverHappensPhonesConvergeAndNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { newWorld().LetAnythingHappen(t, 60) })
}
