//! Limits of fan-out.
//!
//! One run of the ingest function compares an event with the filters of all its user's webhooks,
//! and must end within the function's time for any filters and any data.

/// The largest value that the parameter `MaxWebhooksPerUser` may have.
pub const MAX_WEBHOOKS_PER_USER: u32 = 120;

/// Steps that the filters of one event may take together.
pub const MAX_STEPS_OF_AN_EVENT: usize = 1_050_000_000;

/// After this many steps of filters, a batch begins no further event with slow filters.
pub const STEPS_OF_A_BATCH: usize = 250_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::MAX_STEPS;

    /// Steps of the slowest filter in a second of one processor, measured by `cargo run --release
    /// --package grapnel-languages --example filter_speed`.
    const STEPS_A_SECOND: usize = 94_000_000;
    /// The functions' memory (`template.yaml`), and the memory that comes with one processor (AWS
    /// Lambda developer guide, "Configure Lambda function memory").
    const MEGABYTES: usize = 512;
    const MEGABYTES_OF_A_PROCESSOR: usize = 1769;

    fn seconds(steps: usize) -> usize {
        steps.div_ceil(STEPS_A_SECOND * MEGABYTES / MEGABYTES_OF_A_PROCESSOR)
    }

    #[test]
    fn the_most_webhooks_with_the_slowest_filters_take_no_more_steps_than_an_event_may() {
        assert!(MAX_WEBHOOKS_PER_USER as usize * MAX_STEPS <= MAX_STEPS_OF_AN_EVENT);
    }

    /// A quarter of the time is left for everything else.
    #[test]
    fn a_batch_with_the_slowest_event_ends_well_within_the_default_time() {
        let template = include_str!("../../../template.yaml");
        assert!(template.contains(&format!("MemorySize: {MEGABYTES}\n")));
        let parameter = template.split_once("\n  FunctionTimeoutSeconds:\n").expect("there").1;
        let default = parameter.split_once("Default: ").expect("a default").1;
        let timeout: usize = default.lines().next().expect("a line").parse().expect("seconds");
        let all = seconds(STEPS_OF_A_BATCH + MAX_STEPS_OF_AN_EVENT);
        assert!(4 * all <= 3 * timeout, "{all} of {timeout} s");
    }

    #[test]
    fn the_documents_name_these_limits() {
        let guide = include_str!("../../../docs/operate.md").replace('\n', " ");
        let row = format!(
            "at most {MAX_WEBHOOKS_PER_USER}: the slowest filters of so many webhooks take {} s \
             with the largest data",
            seconds(MAX_STEPS_OF_AN_EVENT)
        );
        assert!(guide.contains(&row), "docs/operate.md: {row}");
        let filters = include_str!("../../../docs/filter.md").replace('\n', " ");
        let sentence = format!(
            "some {} million steps a second on one processor",
            STEPS_A_SECOND.div_ceil(1_000_000)
        );
        assert!(filters.contains(&sentence), "docs/filter.md: {sentence}");
        let readme = include_str!("../../../README.md");
        let limit = format!("at most {MAX_WEBHOOKS_PER_USER} (`MaxWebhooksPerUser`)");
        assert!(readme.contains(&limit), "README.md: {limit}");
    }
}
