//! Prints `docs/checks.md`: `make docs/checks.md` writes it.

mod page;

fn main() {
    print!("{}", page::text());
}
