"""Which tests bear which markers: those of files and folders, and those of rules.

Single tests may bear markers of their own beside these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from rpcgen._implementation import IMPLEMENTATIONS
from tests.support.broker import needs_broker

HERE = Path(__file__).parent

# The tests that are run after each change.
QUICK = "not go and not slow"

# Maximum number of quick tests that are one function, with other arguments each.
QUICK_ARGUMENTS = 6

# Tests of which all are quick, however many: each is a case of its own, and cheap.
ALL_ARGUMENTS = {
    "gen/golang/test_golden.py::test_go_is_read",
    "gen/test_golden.py::test_bad_input_is_met_with_errors",
    "test_coverage_of_files.py::test_marked_place_is_there",
    "test_coverage_of_files.py::test_module_has_a_test_file",
}

# The implementation of gob of which tests are quick.
DEFAULT_IMPLEMENTATION = next(iter(IMPLEMENTATIONS))

# Slow, but run on a second Python all the same: what they show may differ from one to another.
HEAVY = ("heavy", "slow")

# Markers of folders, files and tests, below this folder.
MARKERS = {
    "aio/test_client.py::test_replies_after_a_large_one_end_their_calls_after_it": HEAVY,
    "aio/test_client_life.py::test_keepalive_takes_any_answer": HEAVY,
    "aio/test_server.py::test_close_of_one_process_leaves_the_others_their_listener": HEAVY,
    "aio/test_server.py::test_connection_between_calls_is_no_late_header": HEAVY,
    "aio/test_server.py::test_connection_with_a_call_under_way_is_not_idle": HEAVY,
    "aio/test_server.py::test_large_reply_is_sent": HEAVY,
    "aio/test_server.py::test_process_ends_while_plain_handlers_run": HEAVY,
    "aio/test_server.py::test_replies_after_the_end_of_tls_are_not_given_to_the_transport": HEAVY,
    "aio/test_server.py::test_requests_beyond_those_that_can_be_under_way_are_answered_too": HEAVY,
    "aio/test_server.py::test_serve_waits_for_the_close_under_way": HEAVY,
    "behaviour/test_calls.py::test_large_payloads_of_many_calls_at_once": HEAVY,
    "behaviour/test_chaos.py": ("slow",),
    "behaviour/test_connection_age.py": HEAVY,
    "behaviour/test_finalizers.py::test_call_while_asyncio_encodes_a_reply_for_it_fails": HEAVY,
    "behaviour/test_finalizers.py::test_call_while_threads_encode_a_reply_for_it_fails": HEAVY,
    "behaviour/test_life.py": HEAVY,
    "behaviour/test_life_of_clients.py": HEAVY,
    "behaviour/test_limits.py::test_reply_beyond_the_limit_of_a_message_ends_its_connection": HEAVY,
    "behaviour/test_processes.py": HEAVY,
    "behaviour/test_signals.py": HEAVY,
    "behaviour/test_tls.py::test_mutual_tls_goes_on_after_an_unknown_client": HEAVY,
    "behaviour/test_tls.py::test_mutual_tls_lets_a_known_client_in": HEAVY,
    "behaviour/test_tls.py::test_server_of_an_unknown_authority_is_not_trusted": HEAVY,
    "behaviour/test_two_hosts.py": HEAVY,
    "benchmarks": ("slow",),
    "browser": ("browser", "slow"),
    "channel/test_behaviour.py::test_call_timeout_is_that_of_the_whole_call": HEAVY,
    "cli/remote/test_debug_page.py::test_page_of_many_unfinished_services_is_parsed_at_once": HEAVY,
    "cli/test_breaking.py::test_what_cannot_be_compared_is_status_two": HEAVY,
    "cli/test_call.py::test_timeout_ends_the_call": HEAVY,
    "cli/test_call.py::test_union_says_its_type": HEAVY,
    "cli/test_commands.py::test_command_imports_what_few_need_only_when_it_is_needed": HEAVY,
    "cli/test_commands.py::test_command_runs_as_a_module": HEAVY,
    "cli/test_commands.py::test_reader_that_has_gone_is_no_error": HEAVY,
    "cli/test_completion.py::test_bash_completes": ("slow",),
    "cli/test_generate.py::test_check_is_the_same_from_anywhere": HEAVY,
    "cli/test_generate.py::test_committed_output_is_fresh": HEAVY,
    "cli/test_generate.py::test_watch_generates_after_each_change": HEAVY,
    "cli/test_init.py::test_project_is_as_ruff_has_it": ("slow",),
    "cli/test_init.py::test_server_and_client_of_the_project_meet": ("slow",),
    "cli/test_init.py::test_server_of_the_project_is_a_program": HEAVY,
    "cli/test_init.py::test_tests_of_the_project_pass": ("slow",),
    "cli/test_init.py::test_types_of_the_project_are_right": ("typecheck", "slow"),
    "cli/test_load.py::test_interrupt_ends_it_with_what_there_is": HEAVY,
    "cli/test_new_user.py": ("slow",),
    "cli/test_options.py::test_root_may_be_a_folder_above_where_a_server_is_asked": HEAVY,
    "cli/test_record.py": HEAVY,
    "cli/test_reloading.py": HEAVY,
    "cli/test_serve.py": HEAVY,
    "cli/test_terminal.py": ("slow",),
    "docs/test_channels.py": HEAVY,
    "docs/test_delve.py": ("go", "slow"),
    "docs/test_durable.py": HEAVY,
    "docs/test_evolving.py": ("slow",),
    "docs/test_nats.py": HEAVY,
    "docs/test_pages.py::test_programs_of_a_page_pass_mypy": ("typecheck", "slow"),
    "docs/test_pages.py::test_programs_of_a_page_print_what_it_says": ("go", "slow"),
    "durable/test_arguments.py::test_it_is_the_same_in_another_process": HEAVY,
    "durable/test_call_queue.py::test_broker_without_jetstream_is_named": HEAVY,
    "faults/test_absent_peers.py::test_client_that_never_reads_disturbs_nobody": HEAVY,
    "faults/test_absent_peers.py::test_client_that_never_reads_takes_bounded_memory": HEAVY,
    "faults/test_absent_peers.py::test_client_that_says_nothing_does_not_hold_up_the_end": HEAVY,
    "faults/test_absent_peers.py::test_thousand_connections_are_served": HEAVY,
    "faults/test_absent_peers.py::test_thousand_connections_leave_no_thread_behind": HEAVY,
    "faults/test_bad_bytes.py::test_random_bytes_disturb_nobody": HEAVY,
    "faults/test_bad_bytes.py::test_type_of_many_fields_takes_little": HEAVY,
    "faults/test_broken_servers.py::test_reply_with_a_type_of_many_fields_takes_little": HEAVY,
    "faults/test_descriptors.py": HEAVY,
    "gen/breaking/test_errors.py::test_change_of_an_exception_is_said": HEAVY,
    "gen/breaking/test_services.py::test_change_of_a_service_is_said": HEAVY,
    "gen/breaking/test_services.py::test_change_that_no_peer_sees_is_not_said": HEAVY,
    "gen/breaking/test_types.py::test_change_of_a_type_is_said": HEAVY,
    "gen/breaking/test_types.py::test_change_that_no_peer_sees_is_not_said": HEAVY,
    "gen/breaking/test_values.py::test_change_of_values_is_said": HEAVY,
    "gen/breaking/test_values.py::test_change_that_is_taken_is_not_said": HEAVY,
    "gen/golang/read/test_parse.py::test_without_tree_sitter_the_error_says_what_to_install": HEAVY,
    "gen/golang/test_golden.py::test_idl_is_formatted": HEAVY,
    "gen/golang/write/test_package.py::test_package_is_as_it_was": HEAVY,
    "gen/test_calls.py::test_an_implementation_that_lacks_a_method_fails_at_its_definition": HEAVY,
    "gen/test_calls.py::test_arguments_arrive_as_they_were_given": HEAVY,
    "gen/test_calls.py::test_options_of_a_call_are_handed_over": HEAVY,
    "gen/test_changes.py::test_other_file_in_the_place_of_the_output_is_no_matter": HEAVY,
    "gen/test_changes.py::test_request_of_another_form_is_told": HEAVY,
    "gen/test_changes.py::test_request_of_the_same_form_is_not_told": HEAVY,
    "gen/test_describe.py::test_exceptions_have_their_code_and_text": HEAVY,
    "gen/test_describe.py::test_names_that_wire_gives_are_known": HEAVY,
    "gen/test_describe.py::test_parameters_are_the_fields_of_the_generated_struct": HEAVY,
    "gen/test_describe.py::test_several_folders_are_described_together": HEAVY,
    "gen/test_describe.py::test_texts_are_those_of_the_files": HEAVY,
    "gen/test_fuzz.py": ("slow",),
    "gen/test_hints.py": ("slow",),
    "gen/test_idl_text.py::test_rebuilt_idl_is_formatted": HEAVY,
    "gen/test_idl_text.py::test_rebuilt_idl_is_the_same_on_the_wire": HEAVY,
    "gen/test_import_paths.py": ("typecheck", "slow"),
    "gen/test_lint.py::test_enum_that_cannot_be_zero_is_found": HEAVY,
    "gen/test_lint.py::test_pointer_that_hides_a_zero_is_found": HEAVY,
    "gen/test_lint.py::test_pointer_that_hides_nothing_is_not_found": HEAVY,
    "gen/test_pipeline.py": ("slow",),
    "gen/test_quality.py": ("typecheck", "slow"),
    "gen/test_render.py::test_names_of_a_service_stay_when_others_are_added_to_its_file": HEAVY,
    "gen/test_wrap_lines.py::test_layout_breaks_a_line_as_ruff_does": HEAVY,
    "gen/test_wrap_lines.py::test_layout_breaks_any_signature_as_ruff_does": ("slow",),
    "gob/accelerated/test_decode_plan.py::test_references_are_given_back": HEAVY,
    "gob/accelerated/test_decode_plan.py::test_references_of_many_entries_are_given_back": HEAVY,
    "gob/accelerated/test_decoder.py::test_collector_waits_for_a_message_of_many_objects": HEAVY,
    "gob/accelerated/test_decoder.py::test_references_of_single_values_are_given_back": HEAVY,
    "gob/accelerated/test_decoder.py::test_references_of_values_that_keep_their_types_are_given_back": HEAVY,  # noqa: E501
    "gob/accelerated/test_encode_plan.py::test_references_are_given_back": HEAVY,
    "gob/accelerated/test_encoder.py::test_references_of_single_values_are_given_back": HEAVY,
    "gob/accelerated/test_encoder.py::test_references_of_values_that_tell_their_types_are_given_back": HEAVY,  # noqa: E501
    "gob/decode/test_checked.py::test_keys_that_collide_are_refused": HEAVY,
    "gob/decode/test_fast.py::test_structs_of_many_fields_with_gaps": HEAVY,
    "gob/test_cost.py": ("slow",),
    "gob/test_decoder.py::test_levels_of_lists_beyond_the_limit": HEAVY,
    "gob/test_decoder.py::test_nesting_limit_of_slices": HEAVY,
    "gob/test_decoder.py::test_wide_types_in_wide_types_are_no_burden": HEAVY,
    "gob/test_differential.py": ("go", "slow"),
    "gob/test_differential_fuzz.py": HEAVY,
    "gob/test_framing.py::test_large_message_that_is_damaged_is_refused": HEAVY,
    "gob/test_framing.py::test_space_for_the_rest_of_a_message": HEAVY,
    "gob/test_fuzz.py": ("slow",),
    "gob/test_go_suite.py": ("go",),
    "gob/test_memory.py": HEAVY,
    "gojson/test_accelerated.py::test_changed_values_have_the_outcome_of_python": HEAVY,
    "gojson/test_accelerated.py::test_references_are_given_back": HEAVY,
    "gojson/test_accelerated.py::test_texts_and_values_are_those_of_python": HEAVY,
    "gojson/test_decode.py::test_values_are_the_same_after_a_journey": HEAVY,
    "gojson/test_differential.py": ("go", "slow"),
    "gojson/test_size.py::test_envelope_of_many_members_is_not_copied_for_each": HEAVY,
    "gojson/test_size.py::test_members_of_an_enum_that_are_listed_take_no_more_than_a_place": HEAVY,
    "gojson/test_size.py::test_members_that_come_again_and_again_are_bounded": HEAVY,
    "gojson/test_size.py::test_memory_of_a_post_is_bounded": HEAVY,
    "gojson/test_size.py::test_memory_of_what_nobody_asks_for_is_bounded": HEAVY,
    "gojson/test_size.py::test_message_that_becomes_too_large_is_refused": HEAVY,
    "gojson/test_size.py::test_million_integers_are_taken_by_default": HEAVY,
    "gojson/test_size.py::test_parsed_size_is_no_less_than_the_memory": HEAVY,
    "gojson/test_size.py::test_steps_for_members_of_the_envelope_grow_as_they_do": HEAVY,
    "gojson/test_size.py::test_steps_grow_as_the_message_does": HEAVY,
    "gojson/test_stdlib.py::test_float_of_more_precision_than_digits_is_written_exactly": HEAVY,
    "interop": ("go",),
    "net/test_processes.py": HEAVY,
    "net/test_unix_files.py::test_two_that_find_a_stale_file_do_not_both_replace_it": HEAVY,
    "protocol/test_client_extended.py::test_expire_passes_over_a_call_that_nobody_holds": HEAVY,
    "protocol/test_gob_codec.py::test_damaged_headers_are_decoded_as_by_the_decoder": ("slow",),
    "protocol/test_http.py::test_without_h11_it_says_what_to_install": HEAVY,
    "protocol/test_json_codec.py::test_nesting_within_a_high_limit_does_no_harm": HEAVY,
    "protocol/test_message_streams.py::test_number_of_pools_is_bounded": HEAVY,
    "protocol/test_remember.py::test_failure_keeps_nothing_of_the_call_alive": HEAVY,
    "schema/test_kinds.py::test_go_is_the_spelling_of_go": ("go",),
    "sync/test_base_client.py::test_context_ends_though_it_was_closed_inside": HEAVY,
    "sync/test_client.py::test_call_that_was_given_up_before_it_was_sent_is_forgotten": HEAVY,
    "sync/test_client.py::test_call_that_was_given_up_is_forgotten": HEAVY,
    "sync/test_client.py::test_call_that_was_given_up_is_told_to_its_queue": HEAVY,
    "sync/test_client.py::test_first_call_imports_nothing_of_the_package": HEAVY,
    "sync/test_client.py::test_handler_may_wait_for_a_thread_that_calls": HEAVY,
    "sync/test_client.py::test_interrupted_call_is_forgotten": HEAVY,
    "sync/test_client.py::test_values_of_all_kinds_import_nothing_that_a_handler_interrupts": HEAVY,
    "sync/test_client_life.py::test_cancel_of_a_call_that_another_thread_waits_for": HEAVY,
    "sync/test_client_life.py::test_close_ends_the_thread_of_the_deadlines": HEAVY,
    "sync/test_client_life.py::test_go_that_ends_in_time_leaves_no_thread": HEAVY,
    "sync/test_client_life.py::test_keepalive_takes_any_answer": HEAVY,
    "sync/test_interrupts.py": ("slow",),
    "sync/test_leader_follower.py::test_follower_leads_when_the_leader_does_not_read": HEAVY,
    "sync/test_leader_follower.py::test_wait_finds_a_claim_that_another_thread_has_lost": HEAVY,
    "sync/test_poller.py::test_change_is_noticed_while_another_thread_polls": HEAVY,
    "sync/test_poller.py::test_poll_of_both": HEAVY,
    "sync/test_poller.py::test_server_works_with_any": HEAVY,
    "sync/test_reactor.py::test_threads_begin_again_with_the_next_connection": HEAVY,
    "sync/test_server.py::test_connection_whose_call_holds_up_the_leader_is_not_idle": HEAVY,
    "sync/test_server.py::test_connection_whose_call_is_under_way_is_not_idle": HEAVY,
    "sync/test_stress.py": HEAVY,
    "test__names.py": ("go",),
    "test_command.py": HEAVY,
    "test_docstrings.py::test_docstrings_begin_with_their_noun": HEAVY,
    "test_go_rpc_suite.py": ("go",),
    "test_imports.py::test_package_has_no_new_circle_of_imports": HEAVY,
    "test_init.py::test_generated_module_does_without": HEAVY,
    "test_init.py::test_submodule_is_an_attribute_of_the_package_alone": HEAVY,
    "test_main.py::test_module_does_what_the_script_does": HEAVY,
    "test_main.py::test_module_takes_no_argument_of_python_for_its_name": HEAVY,
    "test_native.py": HEAVY,
    "test_pytest_plugin.py": HEAVY,
    "test_readme.py": ("go", "slow"),
    "testing/conformance/test___main__.py::test_program_that_passes_is_status_0": HEAVY,
    "testing/conformance/test_cases.py::test_broken_method_fails_its_cases": HEAVY,
    "testing/conformance/test_cases.py::test_our_servers_pass": HEAVY,
    "testing/conformance/test_cases.py::test_our_servers_pass_over_http": HEAVY,
    "testing/conformance/test_streams.py::test_program_that_is_broken_fails": HEAVY,
    "testing/recording/test_describe.py::test_method_that_only_failed_says_so": HEAVY,
    "testing/recording/test_spell.py::test_value_is_spelled": HEAVY,
    "testing/test_init.py::test_parts_are_imported_when_they_are_asked_for": HEAVY,
    "typing": ("typecheck", "slow"),
    "values/test_collisions.py::test_numbers_whose_places_are_chosen_are_refused": HEAVY,
    "values/test_record.py::test_drawn_value_goes_out_as_it_came": ("slow",),
    "values/test_record.py::test_record_goes_out_as_the_struct_that_it_came_as": ("slow",),
    "values/test_record.py::test_records_in_a_list_go_out_as_they_came": ("slow",),
}


def mark(items: Iterable[pytest.Item]) -> None:
    """Give tests their markers."""
    functions = defaultdict(list)
    for item in items:
        _add(item, *_listed(item))
        if not _is_quick(item):
            continue
        if (
            _needs_a_broker(item)
            or _draws_its_arguments(item)
            or _is_of_another_implementation(item)
        ):
            _add(item, *HEAVY)
        elif _place(item) not in ALL_ARGUMENTS:
            functions[item.nodeid.partition("[")[0]].append(item)
    for alike in functions.values():
        for item in _beyond_a_few(alike):
            _add(item, *HEAVY)


def is_without_quick_tests(path: Path) -> bool:
    """True for a file or folder that is listed as a whole; false for one outside this folder."""
    if HERE not in path.parents:
        return False
    return not {"go", "slow"}.isdisjoint(MARKERS.get(path.relative_to(HERE).as_posix(), ()))


def _add(item: pytest.Item, *markers: str) -> None:
    for marker in markers:
        item.add_marker(marker)


def _listed(item: pytest.Item) -> list[str]:
    """Return the markers of a test's name, file and folders."""
    file = item.path.relative_to(HERE)
    parts = (_place(item), file.as_posix(), *map(Path.as_posix, file.parents))
    return [marker for part in parts for marker in MARKERS.get(part, ())]


def _place(item: pytest.Item) -> str:
    """Return the file and name of a test, below this folder and without its arguments."""
    name = getattr(item, "originalname", item.name)
    return f"{item.path.relative_to(HERE).as_posix()}::{name}"


def _is_quick(item: pytest.Item) -> bool:
    return not any(item.get_closest_marker(name) for name in ("go", "slow"))


def _needs_a_broker(item: pytest.Item) -> bool:
    return needs_broker.mark in item.iter_markers("skipif")


def _draws_its_arguments(item: pytest.Item) -> bool:
    """True for a test of Hypothesis: a hundred tests of the same."""
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)


def _is_of_another_implementation(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    name = callspec and callspec.params.get("implementation")
    return name not in (None, DEFAULT_IMPLEMENTATION)


def _beyond_a_few(alike: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests of a function that are not among the quick ones, which are evenly spread."""
    quick = {number * len(alike) // QUICK_ARGUMENTS for number in range(QUICK_ARGUMENTS)}
    return [item for number, item in enumerate(alike) if number not in quick]
