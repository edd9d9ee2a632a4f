# What a developer and a packager do with Smoker. `make help` lists it.

CARGO      ?= cargo
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
COMPAT     ?= 0
PYTHON     ?= 0
INIT       ?= $(if $(wildcard /etc/debian_version),smokerd-debian,smokerd)
INITDIR    ?= $(SYSCONFDIR)/init.d
UNITDIR    ?= $(PREFIX)/lib/systemd/system
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
RELEASE    ?= $(TARGET_DIR)/release
VERSION    := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
PLACES     := DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) SYSCONFDIR=$(SYSCONFDIR) COMPAT=$(COMPAT) PYTHON=$(PYTHON) PYTHONDIR=$(PYTHONDIR) SYSTEM=$(shell uname) \
  INIT=$(INIT) INITDIR=$(INITDIR) UNITDIR=$(UNITDIR) ZSHDIR=$(ZSHDIR)
PROGRAMS   := smokerd smokercli check_smoker_plugin smoker-fleet smoker-bridge
SKIPPED    := $(abspath $(TARGET_DIR))/skipped
DIST       ?= dist

.DEFAULT_GOAL := build
.PHONY: help build shipped test cluster quick lint deny fmt doc docs/checks.md check bench soak fuzz run fleet nats install uninstall deb rpm packages boot-test image size dist release release-check repo clean

help:     ## List the targets
	@sed -n 's/^\([a-z-]*\): *[a-z ]*## \(.*\)/\1\t\2/p' Makefile | expand -t 15

OWN_RUSTFLAGS := $(RUSTFLAGS)

# Programs that go to other machines tell nothing of this one's folders. What runs beside them shares their build.
build bench soak: export RUSTFLAGS := $(strip $(RUSTFLAGS) \
  --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=/cargo --remap-path-prefix=$(CURDIR)=/smoker)

build:    ## Build the programs for release
	$(CARGO) build --release --locked $(PROGRAMS:%=--bin %)

shipped: build ## Look at the programs as they are shipped: their size, what they need, what they tell of this machine
	$(CARGO) build --locked --workspace --bins
	$(CARGO) test --locked --workspace --test packaging -- --ignored shipped

# Built with the tests, the programs share their dependencies; built alone, a dozen crates are compiled twice.
# Most tests wait for something most of the time, so more run at once than there are cores.
# The python3 of a version manager is a script that looks for the interpreter, ten times as slow: its folder comes first.
test:     ## Build the programs, then run all tests against them
	$(CARGO) build --locked --workspace --bins --tests
	@rm -f $(SKIPPED)
	first=$$(python3 -c 'import os, sys; print(os.path.dirname(sys.executable))' 2> /dev/null) || first=; \
	case $$(command -v python3) in "$$first"/*) ;; *) PATH=$${first:+$$first:}$$PATH ;; esac; \
	TESTS_SKIPPED_FILE=$(SKIPPED) RUST_TEST_THREADS=12 $(CARGO) test --locked --workspace
	@if [ -s $(SKIPPED) ]; then echo; echo "NOT RUN, for want of something on this machine:"; sort -u $(SKIPPED); fi

cluster: nats ## Cut one of three NATS servers off from 50 daemons and bring it back (root, nats-server; some minutes)
	@[ "$$(id -u)" = 0 ] || { echo "make cluster needs root: it gives each server a network of its own" >&2; exit 1; }
	$(CARGO) build --locked --workspace --bins --tests
	$(CARGO) test --locked --workspace --test daemon -- --ignored fifty_hosts

quick:    ## Look at format and lints and run the unit tests: before every commit
	$(CARGO) fmt --all --check
	@$(MAKE) --no-print-directory lint
	$(CARGO) test --locked --workspace --lib --bins

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

# The page of the built-in checks is made of what they declare; a test compares.
docs/checks.md:
	$(CARGO) run --locked --quiet -p smoker-checks --example checks_page > $@.new
	@mv $@.new $@

check: lint doc test ## All that has to hold before a commit
	$(CARGO) fmt --all --check

bench: build ## Measure speed and memory against their limits
	$(CARGO) bench --locked -p smoker-tests --bench daemon
	$(CARGO) bench --locked -p smokercli --bench client

# PROFILE=dev puts the same load on the same programs, and needs hardly a build beside that of the tests.
soak: build ## Load and abuse, seven minutes; a minute or two with SHORT=1
	SMOKER_TESTS_PROGRAMS=$(abspath $(RELEASE)) \
	  $(if $(PROFILE),env $(if $(OWN_RUSTFLAGS),RUSTFLAGS='$(OWN_RUSTFLAGS)',-u RUSTFLAGS)) \
	  $(CARGO) bench --locked $(if $(PROFILE),--workspace --profile $(PROFILE),-p smoker-tests) --bench soak $(if $(NO_RUN),--no-run)

# By hand: `make fuzz INPUTS=1000000`, `make fuzz TARGETS=yaml SECONDS=3600`. PROFILE=dev needs no build beside that of the tests.
fuzz:     ## Random input for everything that reads, a minute for all (TARGETS, SECONDS, INPUTS, SEED)
	$(CARGO) run --locked --profile $(or $(PROFILE),fuzz) -p smoker-fuzz -- $(or $(TARGETS),all) \
	  $(if $(INPUTS),--inputs $(INPUTS),--seconds $(or $(SECONDS),60)) $(if $(SEED),--seed $(SEED))

run: build ## Start a daemon with the quick-start configuration and look at it
	@sh etc/quickstart/run.sh $(RELEASE)

fleet: nats build ## Start a NATS server and 20 daemons with bridges, and look at them
	@sh etc/quickstart/fleet.sh $(RELEASE)

# Before anything is built for it.
nats:
	@PATH="$$PATH:/usr/sbin" command -v nats-server > /dev/null || { echo "nats-server is not found; install it: apt-get install nats-server" >&2; exit 1; }

# What is built already is installed: `make && sudo make install`.
install:  ## Install what is built (DESTDIR, PREFIX, SYSCONFDIR; COMPAT=1 for the names of Smoker 2, PYTHON=1 for authors of modules)
	$(PLACES) sh rc.d/packages/install.sh install $(RELEASE)

uninstall: ## Remove what install has put in place; the configuration stays
	$(PLACES) sh rc.d/packages/install.sh uninstall $(RELEASE)

# Who packs for others names themselves: MAINTAINER='Jo Doe <jo@example.org>'.
deb rpm: export MAINTAINER := $(MAINTAINER)

deb:      ## Make a Debian package of what is built
	@sh rc.d/packages/deb.sh $(VERSION) $(RELEASE) $(DIST)

rpm:      ## Make an RPM package of what is built
	@sh rc.d/packages/rpm.sh $(VERSION) $(RELEASE) $(DIST)

packages: deb rpm ## Make all packages, and let lintian and rpmlint look at them
	lintian --fail-on error,warning $(DIST)/smoker_$(VERSION)-1_*.deb $(DIST)/python3-smokerd_$(VERSION)-1_*.deb
	rpmlint --strict --config rc.d/packages/rpm/rpmlint.toml $(DIST)/smoker-$(VERSION)-1.*.rpm $(DIST)/python3-smokerd-$(VERSION)-1.*.rpm

repo:     ## Make signed repositories for apt and yum of the packages in dist/ (GPG_KEY)
	@GPG_KEY='$(GPG_KEY)' sh rc.d/packages/repository/repo.sh $(DIST)

boot-test: ## Boot a Debian in a virtual machine, and install, break, upgrade and purge the package in dist/ there (root)
	@sh rc.d/packages/boot/boot.sh $(VERSION) $(DIST)

image:    ## Make an image for containers of the Debian package in dist/, and start it (root)
	@sh rc.d/packages/image/image.sh $(VERSION) $(DIST)
	@sh rc.d/packages/image/check.sh $(DIST)/smoker-$(VERSION)-$$(dpkg --print-architecture).oci.tar

size:     ## Print the size and the libraries of what is built
	@sh rc.d/packages/size.sh $(RELEASE)

dist:     ## Pack the committed sources
	mkdir -p $(DIST)
	git archive --format=tar.gz --prefix=smoker-$(VERSION)/ -o $(DIST)/smoker-$(VERSION).tar.gz HEAD
	@echo $(DIST)/smoker-$(VERSION).tar.gz

# For systems older than this one, and other processors: docs/release.md.
release release-check: export CARGO := $(CARGO)

release:  ## Build the artefacts of a release into dist/, signed (TARGETS, MINISIGN_KEY, JOBS)
	@TARGETS='$(TARGETS)' MINISIGN_KEY='$(MINISIGN_KEY)' JOBS='$(JOBS)' sh rc.d/packages/release/release.sh $(VERSION) $(DIST)

release-check: ## Look at the artefacts in dist/; with REBUILD=1 also build them again elsewhere, and compare
	@sh rc.d/packages/release/check.sh $(VERSION) $(DIST)
	@$(if $(filter 1,$(REBUILD)),JOBS='$(JOBS)' sh rc.d/packages/release/reproduce.sh $(VERSION) $(DIST))

clean:    ## Remove everything that was built
	$(CARGO) clean
	rm -rf dist
