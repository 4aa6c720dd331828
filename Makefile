# SPDX-License-Identifier: MIT
#
# A thin hand on Meson: each target first sees to what it needs (tools/need), then lets Meson do the work.
# `make help` lists the targets.

BUILD      ?= build
PREFIX     ?= /usr/local
DESTDIR    ?=
MESON      ?= meson
MESON_ARGS ?=

# The system's own python3 where there is one: the first on PATH may belong to something else.
PYTHON ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)

all: build

help:
	@echo 'make           build the library, the command and the Python module in $(BUILD)/'
	@echo 'make demo      see links made, found, counted and explained on real files'
	@echo 'make check     run every test and every law; the last line counts the results'
	@echo 'make bench     measure, beside the system call and the other tools'
	@echo 'make install   install into PREFIX ($(PREFIX)), below DESTDIR if that is given'
	@echo 'make clean     remove $(BUILD)/'
	@echo
	@echo 'What is missing is installed where that is allowed (as root, or by sudo), else named.'
	@echo 'Variables: BUILD, PREFIX, DESTDIR, MESON_ARGS (for example -Dwerror=true).'

build:
	@tools/need build
	@$(setup)
	@$(compile)

demo:
	@tools/need demo
	@$(setup)
	@$(compile)
	@tools/demo $(abspath $(BUILD))/cli/nlink

check:
	@tools/need check
	@$(setup)
	@test -d $(BUILD)/tests || $(MESON) configure $(BUILD) -Dtests=true
	@$(compile)
	@rm -f $(BUILD)/meson-logs/testlog*
	@status=0; ground=$$(tools/ground); if [ "$$ground" != "$${TMPDIR:-/tmp}" ]; then export TMPDIR="$$ground"; fi; \
	  $(MESON) test -C $(BUILD) --no-rebuild --print-errorlogs || status=1; \
	  $(PYTHON) tools/count-results $(COUNT_ARGS) $(BUILD) || status=1; exit $$status

bench:
	@tools/need bench
	@$(setup)
	@$(compile)
	@$(PYTHON) bench/run $(BENCH_ARGS) $(abspath $(BUILD))

install:
	@tools/need install
	@$(setup)
	@$(if $(filter command line environment,$(origin PREFIX)),$(MESON) configure $(BUILD) -Dprefix=$(PREFIX))
	@$(compile)
	@DESTDIR='$(DESTDIR)' $(MESON) install -C $(BUILD) --no-rebuild
	@test -n '$(DESTDIR)' || PATH=$$PATH:/sbin:/usr/sbin ldconfig 2>/dev/null || true # only root can, and need

clean:
	rm -rf $(BUILD)

# The tests, and what only they need, come in with the first `make check`.
setup   = test -f $(BUILD)/build.ninja || $(MESON) setup $(BUILD) --prefix=$(PREFIX) -Dtests=false $(MESON_ARGS)
compile = $(MESON) compile -C $(BUILD)

.PHONY: all help build demo check bench install clean
