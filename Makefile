# SPDX-License-Identifier: ISC
#
# Postwain's build, for GNU make. `make help` lists what it does.
#
# Nothing here names a source file: a folder under src/lib is an archive, a
# folder under src/daemon, src/command or src/tool is a program of that name,
# and a folder under tests/unit is a test program. All output goes to $(BUILD).

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL = all

ifneq ($(filter coverage,$(MAKECMDGOALS)),)
COVERAGE = 1
endif
BUILD ?= build$(if $(SAN),-san)$(if $(COVERAGE),-cov)

# Lowest first: a layer may use itself and those to the left of it.
LAYERS = base config ipc table mail client smtp dns tls sasl milter service \
	delivery

# ---- Configuration ---------------------------------------------------------

NEEDS_CONFIG = $(filter-out help clean distclean stop,$(or $(MAKECMDGOALS),all))
ifneq ($(NEEDS_CONFIG),)
include config.mk
endif

# Testing and running may install what they need; a plain build does not.
config.mk: configure
	@$(if $(filter check run,$(MAKECMDGOALS)),\
		BUILD=$(BUILD) tests/install-packages build)
	@env -u CC -u CFLAGS -u CPPFLAGS -u LDFLAGS \
		./configure $(CONFIGURE_ARGUMENTS)

ifeq ($(origin CC),default)
CC = $(CONFIG_CC)
endif

WARNINGS = -Wall -Wextra -Wswitch-enum -Wshadow -Wstrict-prototypes \
	$(if $(WERROR),-Werror)

ifdef SAN
OPTIMIZE = -O1 -g
VARIANT = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
else ifdef COVERAGE
OPTIMIZE = -O0 -g
# With -std=c11, gcc would not see that exec ends a program and its counts.
VARIANT = -std=gnu11 --coverage -DWITH_COVERAGE='"$(abspath $(BUILD)/obj)"'
else
OPTIMIZE = -O2 -g
VARIANT = -D_FORTIFY_SOURCE=2
endif
CFLAGS ?= $(or $(CONFIG_CFLAGS),$(OPTIMIZE))

ALL_CPPFLAGS = -Iinclude -D_GNU_SOURCE $(CONFIG_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARNINGS) -fstack-protector-strong -fPIE \
	-ffunction-sections -fdata-sections $(VARIANT) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed \
	-Wl,--dynamic-list=src/lib/table/driver.symbols \
	$(LINK_FLAGS) $(CONFIG_LDFLAGS) $(LDFLAGS)

COMPILE = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP
LINK = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)

# One short line a command, or with V=1 the command.
say = $(if $(V),,@echo "  $1 $2";)

# ---- What there is ---------------------------------------------------------

folders = $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard $1/*/*.c)))))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $1/*.c))

DAEMONS := $(call folders,src/daemon)
COMMANDS := $(call folders,src/command)
TOOLS := $(call folders,src/tool)
UNITS := $(call folders,tests/unit)
LINKS = $(addprefix $(BUILD)/,$(if $(filter smtp,$(DAEMONS)),libexec/lmtp) \
	$(if $(filter qmgr,$(DAEMONS)),libexec/oqmgr) \
	$(if $(filter sendmail,$(COMMANDS)),bin/mailq bin/newaliases))

# Sources that depend on a choice of configure, and one that is compiled once
# for each parameter group.
UNUSED_DRIVERS = $(filter-out $(TABLE_DRIVERS),$(OPTIONAL_DRIVERS))
UNUSED_SOURCES = src/lib/config/param_rows.c \
	$(UNUSED_DRIVERS:%=src/lib/table/driver_%.c) \
	$(wildcard $(UNUSED_DRIVERS:%=src/lib/table/%_*.c))
UNUSED_OBJECTS = $(UNUSED_SOURCES:%.c=$(BUILD)/obj/%.o)
PARAM_GROUPS = $(if $(wildcard src/lib/config/param_rows.c),\
	$(patsubst include/config/params/%.def,%,\
		$(sort $(wildcard include/config/params/*.def))))
PARAM_OBJECTS = $(PARAM_GROUPS:%=$(BUILD)/obj/src/lib/config/param_rows_%.o)

layer_objects = $(filter-out $(UNUSED_OBJECTS),$(call objects,src/lib/$1)) \
	$(if $(filter config,$1),$(PARAM_OBJECTS))
USED_LAYERS := $(foreach l,$(LAYERS),$(if $(strip $(call layer_objects,$l)),$l))

# UP_TO_<layer>: a layer and those below it, in the order to link them.
$(foreach l,$(USED_LAYERS),$(eval DOWNWARDS := $l $(DOWNWARDS))\
	$(eval UP_TO_$l := $(DOWNWARDS)))
ARCHIVES = $(DOWNWARDS:%=$(BUILD)/lib/lib%.a)

# Rewrite file $1 when it does not say $2, so that what depends on it is made
# again: after other flags, or after a source file came or went.
remember = $(if $(subst x$(strip $2),,x$(strip $(file <$1))),\
	$(shell mkdir -p $(dir $1))$(file >$1,$(strip $2)))
ifneq ($(NEEDS_CONFIG),)
$(call remember,$(BUILD)/obj/flags,$(COMPILE))
$(call remember,$(BUILD)/obj/link-flags,$(LINK) $(LIBS) $(USED_LAYERS))
endif

# ---- Compiling -------------------------------------------------------------

define compile
@mkdir -p $(@D)
$(call say,CC  ,$(@:$(BUILD)/obj/%=%))$(COMPILE) $(EXTRA) -c -o $@ $<
endef

$(BUILD)/obj/%.o: %.c $(BUILD)/obj/flags
	$(compile)

$(BUILD)/obj/src/lib/config/param_rows_%.o: src/lib/config/param_rows.c \
		$(BUILD)/obj/flags
	$(compile)

$(BUILD)/obj/src/lib/config/param_rows_%.o: EXTRA = -DPARAM_GROUP=$*
$(BUILD)/obj/tests/unit/%.o: EXTRA = -iquote tests/unit \
	-iquote src/lib/$(notdir $(<D))

# ---- Archives, programs and unit tests -------------------------------------

# $1 layer
define archive_rules
$$(call remember,$(BUILD)/lib/$1.members,$(call layer_objects,$1))
$(BUILD)/lib/lib$1.a: $(call layer_objects,$1) $(BUILD)/lib/$1.members
	@rm -f $$@
	$$(call say,AR  ,$$@)$(AR) rcs $$@ $$(filter %.o,$$^)
lib-$1: $(BUILD)/lib/lib$1.a
OBJECTS += $(call layer_objects,$1)
endef

# $1 program, $2 folder of its objects, $3 target, $4 archives, $5 other objects
define program_rules
$$(call remember,$(BUILD)/obj/$2/members,$(call objects,$2) $5)
$3: $(call objects,$2) $5 $4 $(BUILD)/obj/$2/members $(BUILD)/obj/link-flags
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)$$(LINK) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $4 -Wl,--end-group $$(LIBS)
$1: $3
PROGRAMS += $3
OBJECTS += $(call objects,$2) $5
endef

# $1 folder below src, $2 folder below $(BUILD), $3 programs
programs = $(foreach p,$3,$(eval \
	$(call program_rules,$p,src/$1/$p,$(BUILD)/$2/$p,$(ARCHIVES))))

# A unit test of a layer is linked with that layer and those below it.
unit_archives = $(patsubst %,$(BUILD)/lib/lib%.a,$(or $(UP_TO_$1),$(DOWNWARDS)))

ifneq ($(NEEDS_CONFIG),)
$(foreach l,$(USED_LAYERS),$(eval $(call archive_rules,$l)))
$(call programs,daemon,libexec,$(DAEMONS))
$(call programs,command,bin,$(COMMANDS))
$(call programs,tool,tool,$(TOOLS))
SUITE := $(PROGRAMS)
$(foreach u,$(UNITS),$(eval $(call program_rules,unit-$u,tests/unit/$u,\
	$(BUILD)/tests/unit-$u,$(call unit_archives,$u),\
	$(BUILD)/obj/tests/unit/test.o)))
include tests/fuzz/rules.mk
-include $(sort $(OBJECTS:.o=.d))
endif

$(BUILD)/libexec/lmtp: | $(BUILD)/libexec/smtp
$(BUILD)/libexec/oqmgr: | $(BUILD)/libexec/qmgr
$(BUILD)/bin/mailq $(BUILD)/bin/newaliases: | $(BUILD)/bin/sendmail
$(LINKS):
	@ln -sf $(notdir $|) $@

# Manual pages: man/smtpd.8.in with the parameters' text filled in.
MANGEN = $(if $(filter mangen,$(TOOLS)),$(BUILD)/tool/mangen)
MAN_PAGES = $(if $(MANGEN),\
	$(patsubst man/%.in,$(BUILD)/man/%,$(wildcard man/*.[158].in)))
$(BUILD)/man/%: man/%.in $(MANGEN)
	@mkdir -p $(@D)
	$(call say,MAN ,$@)$(MANGEN) $< >$@

# ---- Targets ---------------------------------------------------------------

.PHONY: all run stop check coverage check-features check-deb bench lint stage install \
	uninstall deb \
	clean distclean help programs unit-tests $(LAYERS:%=lib-%) $(UNITS:%=unit-%) \
	$(DAEMONS) $(COMMANDS) $(TOOLS)

DIR = $(BUILD)/stage
PORT = 2525
JOBS = 2
SCRIPT = @BUILD='$(abspath $(BUILD))' TOP='$(CURDIR)'

all: programs $(LINKS) $(MAN_PAGES)

# A program whose sources are gone must not be installed.
programs: $(SUITE)
	@rm -f $(filter-out $(PROGRAMS) $(LINKS),$(wildcard \
		$(BUILD)/libexec/* $(BUILD)/bin/* $(BUILD)/tool/* $(BUILD)/tests/*))

unit-tests: $(UNITS:%=$(BUILD)/tests/unit-%)

run: all
	$(SCRIPT) PORT=$(PORT) tests/run-demo

stop:
	$(SCRIPT) tests/run-demo stop

check: all unit-tests
	$(SCRIPT) tests/install-packages test || \
		echo "Tests that need these packages will be skipped."
	$(SCRIPT) CC='$(CC)' CPPFLAGS='$(ALL_CPPFLAGS)' JOBS=$(JOBS) \
		SAN='$(SAN)' VALGRIND='$(VALGRIND)' tests/run $(TESTS)

coverage: all unit-tests
	$(SCRIPT) CC='$(CC)' CPPFLAGS='$(ALL_CPPFLAGS)' JOBS=$(JOBS) \
		tests/coverage $(TESTS)

check-features: all
	$(SCRIPT) JOBS=$(JOBS) tests/features/run

bench: all
	$(SCRIPT) tests/bench/run

lint:
	BUILD='$(BUILD)' tests/lint/run

stage: all
	$(SCRIPT) conf/stage-instance '$(DIR)'

install: all
	$(SCRIPT) DESTDIR='$(DESTDIR)' conf/install-files --upgrade

uninstall:
	$(SCRIPT) DESTDIR='$(DESTDIR)' conf/install-files --remove

deb:
	$(SCRIPT) CC='$(CC)' JOBS=$(JOBS) conf/debian/build

check-deb: deb
	$(SCRIPT) tests/debian/run

clean:
	for folder in demo peer bench test-results; do \
	    tests/open-folder -r $(BUILD)/$$folder; done
	rm -rf $(BUILD)

distclean: clean
	rm -rf build build-san build-cov config.mk include/config.h

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

#: make                    build everything into $(BUILD), by default "build"
#: make NAME               build one program, for example "make smtpd"
#: make lib-LAYER          build one library, for example "make lib-mail"
#: make unit-LAYER         build the unit tests of one layer
#: make run PORT=2525      install packages, build, start a demo on that port
#: make stop               stop the demo
#: make check              install packages, build, run all tests
#:   JOBS=2 TESTS="unit e2e" at a time, and only those with a word in the name
#:   VALGRIND=1             unit tests and daemons below valgrind; all: commands too
#: make check-features     only the table of features, a line for each
#: make coverage TESTS="..." which lines these tests run, file by file
#: make fuzz TIME=60       fuzz the parsers, or with FUZZ="mime addr" some
#: make lint               cppcheck, gcc -fanalyzer, clang-tidy; some minutes
#: make bench              measure
#: make stage DIR=/folder  a private, complete instance in one folder
#: make install            DESTDIR=... and the places given to ./configure
#: make uninstall          remove programs and manual pages, keep mail
#: make deb                a Debian package that takes the place of Postfix
#: make check-deb          install it over Postfix in a fresh Debian, and back
#: make clean, distclean   remove what was built, and what configure wrote
#:
#: CC=clang  CFLAGS=-O0  WERROR=1  COVERAGE=1  SAN=1 (ASan and UBSan)  V=1
