# What a developer and a packager do with Smoker. `make help` lists it.

CARGO      ?= cargo
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
RELEASE    := $(TARGET_DIR)/release
VERSION    := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
PROGRAMS   := smokerd smokercli check_smoker_plugin
SKIPPED    := $(abspath $(TARGET_DIR))/skipped
DIST       := dist/smoker-$(VERSION).tar.gz

.DEFAULT_GOAL := build
.PHONY: help build test lint deny fmt doc check bench run install dist clean

help:     ## List the targets
	@sed -n 's/^\([a-z]*\): *[a-z ]*## \(.*\)/\1\t\2/p' Makefile | expand -t 10

build:    ## Build the programs for release
	$(CARGO) build --release --locked $(PROGRAMS:%=--bin %)

# Most tests wait for something most of the time, so more run at once than there are cores.
test:     ## Build the programs, then run all tests against them
	$(CARGO) build --locked $(PROGRAMS:%=--bin %)
	@rm -f $(SKIPPED)
	TESTS_SKIPPED_FILE=$(SKIPPED) RUST_TEST_THREADS=6 $(CARGO) test --locked --workspace
	@if [ -s $(SKIPPED) ]; then echo; echo "NOT RUN, for want of something on this machine:"; sort -u $(SKIPPED); fi

lint:     ## Look for what clippy dislikes
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

deny:     ## Ask cargo-deny about licences, versions and sources of all dependencies
	@$(CARGO) deny --version > /dev/null 2>&1 \
	  || { echo "cargo-deny is missing: cargo install --locked cargo-deny" >&2; exit 1; }
	$(CARGO) deny --locked --offline check licenses bans sources

fmt:      ## Format the sources
	$(CARGO) fmt --all

doc:      ## Build the documentation of the crates
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items

check: lint doc test ## All that has to hold before a commit
	$(CARGO) fmt --all --check

bench: build ## Measure speed and memory against their limits
	$(CARGO) bench --locked -p smoker-tests --bench daemon
	$(CARGO) bench --locked -p smokercli --bench client

run: build ## Start a daemon with the quick-start configuration and look at it
	@sh etc/quickstart/run.sh $(RELEASE)

install: build ## Install programs and an example configuration under DESTDIR
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(SYSCONFDIR)/smokerd
	install -m 755 $(RELEASE)/smokerd $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 $(RELEASE)/smokercli $(RELEASE)/check_smoker_plugin $(DESTDIR)$(PREFIX)/bin/
	test -e $(DESTDIR)$(SYSCONFDIR)/smokerd/smokerd.yaml \
	  || install -m 644 etc/quickstart/smokerd.yaml $(DESTDIR)$(SYSCONFDIR)/smokerd/smokerd.yaml
	test -e $(DESTDIR)$(SYSCONFDIR)/smokercli.yaml \
	  || install -m 644 etc/smokercli.yaml $(DESTDIR)$(SYSCONFDIR)/smokercli.yaml

dist:     ## Pack the committed sources
	mkdir -p dist
	git archive --format=tar.gz --prefix=smoker-$(VERSION)/ -o $(DIST) HEAD
	@echo $(DIST)

clean:    ## Remove everything that was built
	$(CARGO) clean
	rm -rf dist
