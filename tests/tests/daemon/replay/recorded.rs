//! Replays every recorded case of the original against our daemon.

use std::path::{Path, PathBuf};

use smoker_tests::replay::accepted::ACCEPTED;
use smoker_tests::replay::case::{self, Case};
use smoker_tests::replay::run::{Launch, replay};
use smoker_tests::replay::verdict::Verdict;

/// One test for each case, by the name of its folder, and the lists of these
/// names. Cases that only root can show are ignored tests for everybody else.
macro_rules! cases {
    (
        replayed { $($replayed:ident = $replayed_folder:literal;)* }
        as_root { $($as_root:ident = $as_root_folder:literal;)* }
    ) => {
        const REPLAYED: &[&str] = &[$($replayed_folder),*];
        const AS_ROOT: &[&str] = &[$($as_root_folder),*];
        $(
            #[test]
            fn $replayed() {
                expect_pass($replayed_folder);
            }
        )*
        $(
            #[test]
            #[cfg_attr(not(as_root), ignore = "needs root")]
            fn $as_root() {
                expect_pass($as_root_folder);
            }
        )*
    };
}

cases! {
    replayed {
        c001_about_page = "001-about-page";
        c002_unknown_paths = "002-unknown-paths";
        c003_wrong_methods = "003-wrong-methods";
        c005_head_and_options = "005-head-and-options";
        c006_trailing_slash = "006-trailing-slash";
        c008_unknown_plugin_404 = "008-unknown-plugin-404";
        c009_unknown_process_404 = "009-unknown-process-404";
        c011_accept_header = "011-accept-header";
        c012_plugins_list = "012-plugins-list";
        c013_defaults = "013-defaults";
        c014_merge_order = "014-merge-order";
        c015_unknown_template = "015-unknown-template";
        c017_enabled = "017-enabled";
        c018_action_parameters = "018-action-parameters";
        c019_action_lookup = "019-action-lookup";
        c020_no_actions_section = "020-no-actions-section";
        c021_yaml_scalars = "021-yaml-scalars";
        c022_param_keys = "022-param-keys";
        c024_names_not_strings = "024-names-not-strings";
        c026_names_odd = "026-names-odd";
        c028_param_date = "028-param-date";
        c030_validate_timeout = "030-validate-timeout";
        c031_validate_command_module = "031-validate-command-module";
        c033_validate_null_body = "033-validate-null-body";
        c034_exit_no_baseplugin = "034-exit-no-baseplugin";
        c035_exit_no_templates = "035-exit-no-templates";
        c037_exit_all_disabled = "037-exit-all-disabled";
        c039_exit_empty_plugins = "039-exit-empty-plugins";
        c040_exit_no_plugins_section = "040-exit-no-plugins-section";
        c041_exit_config_missing = "041-exit-config-missing";
        c042_exit_config_not_yaml = "042-exit-config-not-yaml";
        c043_exit_config_empty = "043-exit-config-empty";
        c047_exit_include_missing = "047-exit-include-missing";
        c049_unused_keys = "049-unused-keys";
        c050_command_streams = "050-command-streams";
        c052_command_lines = "052-command-lines";
        c054_command_unicode = "054-command-unicode";
        c055_command_bad_utf8 = "055-command-bad-utf8";
        c056_command_long_output = "056-command-long-output";
        c057_command_not_found = "057-command-not-found";
        c058_command_shell = "058-command-shell";
        c059_command_env = "059-command-env";
        c061_json_valid = "061-json-valid";
        c062_json_components = "062-json-components";
        c063_json_bad_status = "063-json-bad-status";
        c064_json_bad_messages = "064-json-bad-messages";
        c066_json_action = "066-json-action";
        c067_json_ignored_keys = "067-json-ignored-keys";
        c068_json_falsy = "068-json-falsy";
        c070_json_scalars = "070-json-scalars";
        c071_interpolate_types = "071-interpolate-types";
        c072_interpolate_escaping = "072-interpolate-escaping";
        c074_interpolate_formats = "074-interpolate-formats";
        c076_interpolate_errors = "076-interpolate-errors";
        c078_command_not_text = "078-command-not-text";
        c079_timeout_tree = "079-timeout-tree";
        c080_timeout_message = "080-timeout-message";
        c081_timeout_ignores_term = "081-timeout-ignores-term";
        c082_timeout_child_ignores_term = "082-timeout-child-ignores-term";
        c083_timeout_orphan = "083-timeout-orphan";
        c084_interval_run = "084-interval-run";
        c086_interval_forced = "086-interval-forced";
        c087_interval_nextrun = "087-interval-nextrun";
        c088_interval_blocked = "088-interval-blocked";
        c089_interval_large_output = "089-interval-large-output";
        c090_force_plugins = "090-force-plugins";
        c091_force_filter = "091-force-filter";
        c093_force_both = "093-force-both";
        c095_force_filter_two_keys = "095-force-filter-two-keys";
        c096_force_unknown = "096-force-unknown";
        c097_force_bad_requests = "097-force-bad-requests";
        c098_force_not_json = "098-force-not-json";
        c100_force_wrong_types_500 = "100-force-wrong-types-500";
        c101_force_in_progress = "101-force-in-progress";
        c102_force_while_running = "102-force-while-running";
        c103_force_repeatedly = "103-force-repeatedly";
        c104_history_limit = "104-history-limit";
        c106_history_zero = "106-history-zero";
        c107_history_text = "107-history-text";
        c108_process_stale = "108-process-stale";
        c110_force_mixed = "110-force-mixed";
        c111_parser_ok = "111-parser-ok";
        c112_parser_broken = "112-parser-broken";
        c114_parser_returns_wrong = "114-parser-returns-wrong";
        c115_varnish_ok = "115-varnish-ok";
        c116_varnish_unreadable = "116-varnish-unreadable";
        c118_module_uname = "118-module-uname";
        c119_module_broken = "119-module-broken";
        c120_module_timeout = "120-module-timeout";
        c121_module_returns_none = "121-module-returns-none";
        c122_module_bad_status = "122-module-bad-status";
        c123_module_params = "123-module-params";
        c125_module_execute = "125-module-execute";
        c126_module_components = "126-module-components";
        c129_module_package = "129-module-package";
        c131_module_returns_wrong = "131-module-returns-wrong";
        c134_uid_not_number = "134-uid-not-number";
        c135_action_command = "135-action-command";
        c136_action_failing = "136-action-failing";
        c137_action_module = "137-action-module";
        c140_action_module_timeout = "140-action-module-timeout";
        c142_action_and_parser = "142-action-and-parser";
        c143_concurrency_one = "143-concurrency-one";
        c144_concurrency_free = "144-concurrency-free";
        c146_include = "146-include";
        c147_include_dir = "147-include-dir";
        c149_include_dir_order = "149-include-dir-order";
        c150_include_dir_missing = "150-include-dir-missing";
        c153_fsmount_shm = "153-fsmount-shm";
        c154_fsmount_none = "154-fsmount-none";
        c156_testconnection = "156-testconnection";
        c159_stop_term = "159-stop-term";
        c161_stop_during_forced = "161-stop-during-forced";
        c162_stop_during_timed = "162-stop-during-timed";
        c164_signal_hup = "164-signal-hup";
        c165_daemonize = "165-daemonize";
        c166_stop_no_pidfile = "166-stop-no-pidfile";
        c168_stop_pidfile = "168-stop-pidfile";
        c169_port_taken = "169-port-taken";
        c200_set_result_partial = "200-set-result-partial";
        c201_get_result_types = "201-get-result-types";
        c203_set_result_validate = "203-set-result-validate";
        c206_component_arguments = "206-component-arguments";
        c207_component_invalid = "207-component-invalid";
        c208_component_tuple = "208-component-tuple";
        c209_component_unknown_status = "209-component-unknown-status";
        c212_module_action = "212-module-action";
        c214_add_msg_keywords = "214-add-msg-keywords";
        c215_messages_extra_level = "215-messages-extra-level";
        c216_set_status_values = "216-set-status-values";
        c217_set_forced = "217-set-forced";
        c218_site_base_class = "218-site-base-class";
        c220_module_attributes = "220-module-attributes";
        c221_module_changes_params = "221-module-changes-params";
        c222_module_beside_files = "222-module-beside-files";
        c223_module_threads = "223-module-threads";
        c225_module_logs = "225-module-logs";
        c226_exceptions_names = "226-exceptions-names";
        c228_exceptions_raised = "228-exceptions-raised";
        c229_plugins_reexports = "229-plugins-reexports";
        c231_timeout_caught = "231-timeout-caught";
        c233_execute_no_limit = "233-execute-no-limit";
        c234_execute_timeout_uncaught = "234-execute-timeout-uncaught";
        c235_timeout_from_template = "235-timeout-from-template";
        c236_command_class = "236-command-class";
        c239_execute_everyday = "239-execute-everyday";
        c241_plugin_escape = "241-plugin-escape";
        c242_plugin_escape_others = "242-plugin-escape-others";
        c243_plugin_run_command = "243-plugin-run-command";
        c244_plugin_run_command_late = "244-plugin-run-command-late";
        c246_plugin_error_result = "246-plugin-error-result";
        c248_util_nagios = "248-util-nagios";
        c251_parser_package = "251-parser-package";
        c252_parser_exit_status = "252-parser-exit-status";
        c254_parser_uses_base = "254-parser-uses-base";
        c255_parser_raises_kinds = "255-parser-raises-kinds";
        c257_action_changes_result = "257-action-changes-result";
        c259_action_execute = "259-action-execute";
        c260_action_json = "260-action-json";
        c262_action_shared = "262-action-shared";
        c263_fsmount_default_types = "263-fsmount-default-types";
        c265_fsmount_ignore = "265-fsmount-ignore";
        c266_fsmount_unwritable = "266-fsmount-unwritable";
        c268_uname_text = "268-uname-text";
        c269_testconnection_name = "269-testconnection-name";
        c271_glusterfs_volume = "271-glusterfs-volume";
        c272_varnish_everyday = "272-varnish-everyday";
        c273_json_component_empty = "273-json-component-empty";
        c275_json_layout = "275-json-layout";
        c277_json_component_names = "277-json-component-names";
        c278_json_messages_falsy = "278-json-messages-falsy";
        c279_command_shell_shapes = "279-command-shell-shapes";
        c280_command_yaml_blocks = "280-command-yaml-blocks";
        c282_command_stdin = "282-command-stdin";
        c283_command_wait = "283-command-wait";
        c284_command_thresholds = "284-command-thresholds";
        c285_command_percent = "285-command-percent";
        c287_command_env_prefix = "287-command-env-prefix";
        c288_command_output_encodings = "288-command-output-encodings";
        c289_template_everyday = "289-template-everyday";
        c291_include_nested = "291-include-nested";
        c293_yaml_merge_list = "293-yaml-merge-list";
        c295_parameter_types_nested = "295-parameter-types-nested";
        c296_disabled_plugins = "296-disabled-plugins";
        c297_names_similar = "297-names-similar";
        c299_interval_override = "299-interval-override";
        c300_double_slashes = "300-double-slashes";
        c301_double_slashes_post = "301-double-slashes-post";
        c303_force_default_parameters = "303-force-default-parameters";
        c304_force_json_shapes = "304-force-json-shapes";
        c305_history_default = "305-history-default";
        c308_result_unicode = "308-result-unicode";
    }
    as_root {
        c132_module_uid = "132-module-uid";
        c133_uid_command = "133-uid-command";
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/daemon")
}

fn verdict(name: &str) -> Verdict {
    replay(&corpus().join(name), &Launch::smokerd()).expect("the recorded cases are readable")
}

fn expect_pass(name: &str) {
    let verdict = verdict(name);
    assert!(verdict == Verdict::Pass, "{name} {verdict}");
}

#[test]
fn no_case_is_forgotten() {
    let mut listed = [REPLAYED, AS_ROOT].concat();
    listed.sort_unstable();
    let folders = case::folders(&corpus()).expect("the corpus is readable");
    let on_disk: Vec<_> = folders.iter().map(|folder| folder.file_name().expect("a name").to_string_lossy()).collect();
    assert_eq!(listed, on_disk);
}

#[test]
fn only_cases_that_need_root_are_kept_from_others() {
    for name in REPLAYED.iter().chain(AS_ROOT) {
        let case = Case::read(&corpus().join(name)).expect("the recorded cases are readable");
        assert_eq!(case.needs_root, AS_ROOT.contains(name), "{name}");
    }
}

#[test]
fn accepted_differences_stand_in_the_table_for_operators() {
    let migrating = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/migrating.md");
    for entry in ACCEPTED {
        let text = std::fs::read_to_string(&migrating).expect("the project has a docs/migrating.md");
        let row = format!("| {} |", entry.row);
        assert!(text.contains(&row), "{}: no row \"{row}\" in docs/migrating.md", entry.case);
        let known = REPLAYED.iter().chain(AS_ROOT).any(|name| *name == entry.case);
        assert!(known, "{} is no case that is replayed", entry.case);
    }
}
