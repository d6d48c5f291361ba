use std::fmt::Write;
use std::time::{Duration, Instant};

use async_graphql::parser::parse_query;
use rstest::rstest;

use super::{MAX_ALIASES, MAX_DEPTH, MAX_DIRECTIVES, MAX_ROOT_FIELDS, Refusal, check, scan};

fn verdict(text: &str) -> Result<(), Refusal> {
    scan(text)?;
    check(&parse_query(text).unwrap(), true).map(|_| ())
}

fn nested(levels: u64) -> String {
    format!("{{ {} a {} }}", "a {".repeat(levels as usize - 1), "}".repeat(levels as usize - 1))
}

fn aliases(count: u64) -> String {
    (0..count).map(|at| format!("x{at}: a ")).collect()
}

#[rstest]
#[case("{ a }", Ok(()))]
#[case(&nested(MAX_DEPTH), Ok(()))]
#[case(&nested(MAX_DEPTH + 1), Err(Refusal::Depth))]
#[case(&format!("{{ b {{ {} }} }}", aliases(MAX_ALIASES)), Ok(()))]
#[case(&format!("{{ b {{ {} }} }}", aliases(MAX_ALIASES + 1)), Err(Refusal::Aliases))]
#[case(&format!("{{ {} }}", "a ".repeat(MAX_ROOT_FIELDS as usize)), Ok(()))]
#[case(&format!("{{ {} }}", "a ".repeat(MAX_ROOT_FIELDS as usize + 1)), Err(Refusal::RootFields))]
#[case(&format!("{{ a {} }}", "@x ".repeat(MAX_DIRECTIVES as usize)), Ok(()))]
#[case(&format!("query($v: ID @y) {{ a {} }}", "@x ".repeat(MAX_DIRECTIVES as usize)), Err(Refusal::Directives))]
#[case("{ a ...f } fragment f on Q { b ...g } fragment g on Q { c ...f }", Err(Refusal::Cycle))]
#[case("{ a } fragment f on Q { ...f }", Err(Refusal::Cycle))]
#[case("{ ...unknown }", Ok(()))]
fn each_limit_holds(#[case] text: &str, #[case] expected: Result<(), Refusal>) {
    assert_eq!(verdict(text), expected, "{text}");
}

#[rstest]
#[case("{ ... on Q { b { ...f } } } fragment f on Q", MAX_DEPTH - 1, Refusal::Depth)]
#[case("{ b { ...f } c { ...f } } fragment f on Q", 2, Refusal::Aliases)]
fn fragments_count_where_they_are_spread(#[case] document: &str, #[case] levels: u64, #[case] expected: Refusal) {
    let inner = match expected {
        Refusal::Depth => nested(levels + 1),
        _ => format!("{{ {} }}", aliases(MAX_ALIASES / 2 + 1)),
    };
    assert_eq!(verdict(&format!("{document} {inner}")), Err(expected));
}

#[test]
fn operations_are_weighed_together_and_each_root_alone() {
    let half = aliases(MAX_ALIASES / 2 + 1);
    let text = format!("query a {{ x {{ {half} }} }} query b {{ x {{ {half} }} }}");
    assert_eq!(verdict(&text), Err(Refusal::Aliases));
    let roots = "a ".repeat(MAX_ROOT_FIELDS as usize);
    assert_eq!(verdict(&format!("query a {{ {roots} }} query b {{ {roots} }}")), Ok(()));
    assert_eq!(verdict(&format!("{{ {roots} ...f }} fragment f on Q {{ b }}")), Err(Refusal::RootFields));
}

#[test]
fn a_fan_out_of_fragments_is_refused_at_once() {
    let mut text = "{ ...f0 }".to_owned();
    for at in 0..100 {
        write!(text, " fragment f{at} on Q {{ ...f{next} ...f{next} }}", next = at + 1).unwrap();
    }
    text.push_str(" fragment f100 on Q { a }");
    let started = Instant::now();
    assert_eq!(verdict(&text), Err(Refusal::Selections));
    assert!(started.elapsed() < Duration::from_millis(100), "{:?}", started.elapsed());
}

#[test]
fn introspection_may_be_off_and_is_bounded_when_on() {
    for text in ["{ __schema { queryType { name } } }", "{ a ...f } fragment f on Q { b { __type(name: \"Q\") { name } } }"] {
        assert_eq!(check(&parse_query(text).unwrap(), false), Err(Refusal::IntrospectionOff));
        assert!(check(&parse_query(text).unwrap(), true).is_ok());
    }
    assert_eq!(check(&parse_query("{ __typename }").unwrap(), false), Ok(1));
    assert_eq!(check(&parse_query("query a { b } query c { ...d ...d } fragment d on Query { e f }").unwrap(), false), Ok(4));
    let chain = "ofType {".repeat(12);
    let tool = format!("{{ __schema {{ types {{ fields {{ args {{ type {{ {chain} name {} }} }} }} }} }} }}", "}".repeat(12));
    assert_eq!(verdict(&tool), Ok(()));
    let circular = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(verdict(circular), Err(Refusal::Introspection));
}
