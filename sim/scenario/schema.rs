//! The JSON Schema of scenario files, for editors: one document for all families.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::family::Family;
use super::model::Model;
use crate::aggregate::scenario as aggregate;
use crate::listing::scenario as listing;
use crate::pipeline::scenario as pipeline;
use crate::processing::scenario as processing;
use crate::stash::scenario as stash;

/// The JSON Schema (draft 2020-12) of scenario files of all families, for editors.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let columns = generator.subschema_for::<Model>();
    let listing = generator.subschema_for::<listing::Model>();
    let processing = generator.subschema_for::<processing::Model>();
    let pipeline = generator.subschema_for::<pipeline::Model>();
    let stash = generator.subschema_for::<stash::Model>();
    let aggregate = generator.subschema_for::<aggregate::Model>();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        "description": "A scenario of the backfill simulator: one question, which is the first \
                        comment line of the file, and everything a run needs to answer it.",
        // Not `if` and `then`: editors complete what they find in `oneOf`.
        "oneOf": [
            { "$ref": columns.get("$ref") },
            { "$ref": listing.get("$ref"), "required": [Family::Listing.table()] },
            { "$ref": processing.get("$ref"), "required": [Family::Processing.table()] },
            { "$ref": pipeline.get("$ref"), "required": [Family::Pipeline.table()] },
            { "$ref": stash.get("$ref"), "required": [Family::Stash.table()] },
            { "$ref": aggregate.get("$ref"), "required": [Family::Aggregate.table()] },
        ],
        "$defs": generator.take_definitions(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_describes_files_of_all_families() {
        let schema = schema();
        let of = |nth: usize| {
            let reference = schema["oneOf"][nth]["$ref"].as_str().unwrap();
            let name = reference.strip_prefix("#/$defs/").unwrap();
            &schema["$defs"][name]
        };
        let families = [
            (None, &[] as &[&str]),
            (Some("upstream"), &["upstream"]),
            (Some("items"), &["items"]),
            (Some("pipeline"), &["pipeline", "upstream"]),
            (Some("stash"), &["stash"]),
            (Some("views"), &["views"]),
        ];
        for (nth, (marked, has)) in families.into_iter().enumerate() {
            assert_eq!(of(nth)["additionalProperties"], false);
            for table in ["upstream", "items", "pipeline", "stash", "views"] {
                let known = !of(nth)["properties"][table].is_null();
                assert_eq!(known, has.contains(&table), "{nth}: {table}");
            }
            assert_eq!(schema["oneOf"][nth]["required"][0].as_str(), marked);
        }
        let reads = &schema["$defs"]["Load"]["properties"]["reads_per_s"];
        assert_eq!(reads["description"], "Reads per second.");
        assert_eq!(reads["default"], 50.0);
        let reads = &schema["$defs"]["ListingLoad"]["properties"]["reads_per_s"];
        assert_eq!(reads["default"], 0.0);
    }

    /// Two types of one name would be told apart by a number, which says nothing to anybody.
    #[test]
    fn what_it_defines_has_names_of_its_own() {
        let schema = schema();
        for name in schema["$defs"].as_object().unwrap().keys() {
            assert!(
                !name.ends_with(|last: char| last.is_ascii_digit()),
                "{name}"
            );
        }
    }
}
