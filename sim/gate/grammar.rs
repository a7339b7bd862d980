//! From text to an [`Expression`], with the place of every part, so that whatever is wrong with one
//! is shown where it stands.
//!
//! ```text
//! expression := metric ["of" name] ["/" reference] operator quantity ["for" seeds]
//! reference  := "no_backfill" | "baseline" | name
//! operator   := "<" | "<=" | ">" | ">=" | "=="
//! quantity   := number ["ns" | "us" | "ms" | "s" | "min" | "h" | "%"]
//! seeds      := ("all" | "any" | number "%") ["of"] ("seeds" | "seed")
//! name       := word | "'" anything "'"
//! ```

use std::ops::Range;

use super::expression::{Expression, Operator, Quantity, Reference, Scale, Seeds};

const FORM: &str = "write for example `reader.p95 / baseline <= 1.05` or `reader.p95 < 50ms for \
                    all seeds`";

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The bytes.
    pub(crate) span: Range<usize>,
    /// What is wrong with them.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) help: String,
}

/// An expression, and where its parts stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) expression: Expression,
    pub(crate) metric: Range<usize>,
    pub(crate) of: Range<usize>,
    pub(crate) reference: Range<usize>,
    pub(crate) operator: Range<usize>,
    pub(crate) limit: Range<usize>,
    pub(crate) seeds: Range<usize>,
}

/// A word, a sign, or what stands in quotes.
#[derive(Clone, Debug)]
struct Token<'a> {
    text: &'a str,
    span: Range<usize>,
    quoted: bool,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        !self.quoted && self.text == word
    }
}

/// Takes an expression apart.
///
/// # Errors
/// With the first part that is not as the grammar has it.
pub(crate) fn parse(text: &str) -> Result<Parsed, Fault> {
    let mut reader = Reader {
        tokens: tokens(text)?,
        next: 0,
        last: last(text),
    };
    let metric = reader.word("a metric")?;
    let of = match reader.skip("of") {
        true => Some(reader.name("a strategy")?),
        false => None,
    };
    let reference = match reader.skip("/") {
        true => Some(reader.name("`no_backfill`, `baseline` or a strategy")?),
        false => None,
    };
    let (operator, operator_span) = reader.operator()?;
    let (limit, limit_span) = reader.quantity()?;
    let (seeds, seeds_span) = match reader.skip("for") {
        true => {
            let (seeds, span) = reader.seeds()?;
            (Some(seeds), span)
        }
        false => (None, 0..0),
    };
    if let Some(token) = reader.peek() {
        return Err(fault(
            token.span.clone(),
            format!("`{}` is one word too many", token.text),
        ));
    }
    let span = |token: &Option<Token<'_>>| token.as_ref().map_or(0..0, |one| one.span.clone());
    let (of_span, reference_span) = (span(&of), span(&reference));
    Ok(Parsed {
        expression: Expression {
            metric: metric.text.to_owned(),
            of: of.map(|token| token.text.to_owned()),
            reference: reference.map(|token| match token.text {
                "no_backfill" if !token.quoted => Reference::NoBackfill,
                "baseline" if !token.quoted => Reference::Baseline,
                name => Reference::Strategy(name.to_owned()),
            }),
            operator,
            limit,
            seeds,
        },
        metric: metric.span,
        of: of_span,
        reference: reference_span,
        operator: operator_span,
        limit: limit_span,
        seeds: seeds_span,
    })
}

/// Takes a quantity that stands alone, as in `200us`.
///
/// # Errors
/// When it is none.
pub(crate) fn quantity(text: &str) -> Result<Quantity, Fault> {
    let mut reader = Reader {
        tokens: tokens(text)?,
        next: 0,
        last: last(text),
    };
    let (quantity, _) = reader.quantity()?;
    match reader.peek() {
        Some(token) => Err(fault(
            token.span.clone(),
            format!("`{}` is one word too many", token.text),
        )),
        None => Ok(quantity),
    }
}

fn fault(span: Range<usize>, message: String) -> Fault {
    Fault {
        span,
        message,
        help: FORM.to_owned(),
    }
}

fn last(text: &str) -> Range<usize> {
    let start = text.char_indices().next_back().map_or(0, |(at, _)| at);
    start..text.len()
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, quoted) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '\'' {
            let Some(inner) = rest[1..].find('\'') else {
                return Err(fault(at..text.len(), "the quote is not closed".to_owned()));
            };
            (inner + 2, true)
        } else if first == '/' {
            (1, false)
        } else if "<>=".contains(first) {
            let two = rest[1..].starts_with('=');
            (if two { 2 } else { 1 }, false)
        } else {
            let ends = |letter: char| letter.is_whitespace() || "<>=/'".contains(letter);
            (rest.find(ends).unwrap_or(rest.len()), false)
        };
        let span = at..at + length;
        let inner = if quoted {
            at + 1..span.end - 1
        } else {
            span.clone()
        };
        tokens.push(Token {
            text: &text[inner],
            span: span.clone(),
            quoted,
        });
        at = span.end;
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    /// The last letter.
    last: Range<usize>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.next)
    }

    fn skip(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|token| token.is(word));
        self.next += usize::from(there);
        there
    }

    /// The next token, whatever it is.
    fn take(&mut self, wanted: &str) -> Result<Token<'a>, Fault> {
        let Some(token) = self.peek().cloned() else {
            // At the last letter: behind the text there is nothing to underline.
            return Err(fault(self.last.clone(), format!("{wanted} is missing")));
        };
        self.next += 1;
        Ok(token)
    }

    fn name(&mut self, wanted: &str) -> Result<Token<'a>, Fault> {
        let token = self.take(wanted)?;
        if !token.quoted && token.text.starts_with(['<', '>', '=', '/']) {
            let message = format!("`{}` stands where {wanted} should", token.text);
            return Err(fault(token.span, message));
        }
        Ok(token)
    }

    fn word(&mut self, wanted: &str) -> Result<Token<'a>, Fault> {
        let token = self.name(wanted)?;
        if token.quoted {
            let message = format!("{wanted} stands without quotes");
            return Err(fault(token.span, message));
        }
        Ok(token)
    }

    fn operator(&mut self) -> Result<(Operator, Range<usize>), Fault> {
        let signs = Operator::ALL.map(Operator::sign).join(", ");
        let token = self.take(&format!("one of {signs}"))?;
        let found = Operator::ALL
            .into_iter()
            .find(|operator| token.is(operator.sign()));
        let message = || format!("`{}` stands where one of {signs} should", token.text);
        found
            .map(|operator| (operator, token.span.clone()))
            .ok_or_else(|| fault(token.span.clone(), message()))
    }

    fn quantity(&mut self) -> Result<(Quantity, Range<usize>), Fault> {
        let token = self.word("a number")?;
        let digit = |letter: char| letter.is_ascii_digit() || "._".contains(letter);
        let split = token.text.find(|letter| !digit(letter));
        let (number, unit) = token.text.split_at(split.unwrap_or(token.text.len()));
        let mut span = token.span.clone();
        let mut unit = unit.to_owned();
        // `50 ms` is as good as `50ms`.
        if let Some(next) = self.peek().filter(|next| unit.is_empty() && is_unit(next)) {
            unit = next.text.to_owned();
            span.end = next.span.end;
            self.next += 1;
        }
        let amount = number.replace('_', "").parse::<f64>();
        let amount = amount.ok().filter(|amount| amount.is_finite());
        let Some(amount) = amount else {
            let message = format!("`{}` is not a number", token.text);
            return Err(fault(span, message));
        };
        let unit = match unit.as_str() {
            "" => None,
            sign => {
                let found = Scale::ALL.into_iter().find(|scale| scale.sign() == sign);
                let units = Scale::ALL.map(Scale::sign).join(", ");
                let message = || format!("`{sign}` is none of the units {units}");
                Some(found.ok_or_else(|| fault(span.clone(), message()))?)
            }
        };
        Ok((Quantity { amount, unit }, span))
    }

    fn seeds(&mut self) -> Result<(Seeds, Range<usize>), Fault> {
        const WANTED: &str = "`all seeds`, `any seed` or `90% of seeds`";
        let token = self.word(WANTED)?;
        let start = token.span.start;
        let seeds = match token.text {
            "all" => Seeds::All,
            "any" => Seeds::Any,
            _ => {
                self.next -= 1;
                let (share, span) = self.quantity()?;
                let fits = share.unit == Some(Scale::Percent)
                    && share.amount > 0.0
                    && share.amount <= 100.0;
                if !fits {
                    return Err(fault(span, format!("`{share}` is no share of the seeds")));
                }
                Seeds::Percent(share.amount)
            }
        };
        self.skip("of");
        let last = self.word("`seeds`")?;
        if !["seeds", "seed"].contains(&last.text) {
            let message = format!("`{}` stands where `seeds` should", last.text);
            return Err(fault(last.span, message));
        }
        Ok((seeds, start..last.span.end))
    }
}

fn is_unit(token: &Token<'_>) -> bool {
    Scale::ALL.into_iter().any(|scale| token.is(scale.sign()))
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;
