//! The glossary is a sorted list of terms, each with one sentence or a few on its line.

use smoker_tests::documents::markdown;

use crate::repository;

#[test]
fn the_glossary_is_sorted_and_every_term_has_a_meaning() {
    let tables = markdown::tables(&repository::text("docs/glossary.md"));
    let rows = &tables[0].rows;
    assert!(rows.len() > 50, "{} terms", rows.len());
    for row in rows {
        assert!(row.len() == 2 && row[1].ends_with('.') && row[1].len() > 10, "{row:?}");
    }
    let terms: Vec<_> = rows.iter().map(|row| row[0].to_lowercase()).collect();
    let unsorted: Vec<_> = terms.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
    assert!(unsorted.is_empty(), "not in the order of the alphabet: {unsorted:?}");
}
