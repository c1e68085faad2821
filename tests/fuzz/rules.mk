# SPDX-License-Identifier: ISC
#
# A file tests/fuzz/NAME.c is a fuzz target. All of them together, linked with
# replay.c, are one of the unit tests; with FUZZER=1, as tests/fuzz/run sets
# it, each is a program of its own with libFuzzer.

FUZZ_FRAME = input replay
FUZZ_TARGETS := $(filter-out $(FUZZ_FRAME),\
	$(basename $(notdir $(wildcard tests/fuzz/*.c))))
FUZZERS = $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)

ifdef FUZZER
$(BUILD)/obj/tests/fuzz/%.o: EXTRA = -DFUZZ_LIBFUZZER
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/input.o \
		$(ARCHIVES) $(BUILD)/obj/link-flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(LINK) -fsanitize=fuzzer -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LIBS)
OBJECTS += $(call objects,tests/fuzz)
else
$(eval $(call program_rules,unit-fuzz,tests/fuzz,$(BUILD)/tests/unit-fuzz,\
	$(ARCHIVES)))
unit-tests: $(BUILD)/tests/unit-fuzz
endif

.SECONDARY: $(FUZZ_TARGETS:%=$(BUILD)/obj/tests/fuzz/%.o)
.PHONY: fuzz fuzzers unit-fuzz
fuzzers: $(FUZZERS)
fuzz:
	$(SCRIPT) MAKE='$(MAKE)' TIME='$(TIME)' tests/fuzz/run $(FUZZ)
