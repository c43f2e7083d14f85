"""What an LTI 1.3 tool has to answer, row by row, and the tests that say that this one does.

The rows are those of our requirements; a name here that no file has any more fails.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FLOWS, LOGINS, TOKENS, REQUESTS, KEYS = (
    f"integration/test_hostile_lti_{name}.py"
    for name in ("flows", "logins", "tokens", "requests", "keys")
)
REGISTERING = "integration/test_hostile_registering.py"
LAUNCHES, COOKIELESS, WINDOW = (
    "integration/test_launches.py",
    "integration/test_cookieless.py",
    "e2e/test_window.py",
)
PICKING, REFUSED_PICKS = "integration/test_picking.py", "integration/test_picking_refused.py"
GRADES, DELIVERIES = "unit/lti/test_grades.py", "integration/test_deliveries.py"
NOTICED = "integration/test_notices.py"
FORMER = "integration/test_former_consumers.py"
CHANGES = "integration/test_column_changes.py"
FLAVOURS, CLASS = "integration/test_flavours.py", "integration/test_class.py"
COPIES, REVIEWS = "integration/test_copied_links.py", "integration/test_submission_review.py"

# What somebody tries -> where the answer is asserted.
HOSTILE = {
    "C honest launches of every kind": (
        f"{LOGINS} an_honest_login_asks_the_platform_for_exactly_this",
        f"{LOGINS} the_second_client_of_an_issuer_is_asked_at_its_own_name",
        f"{TOKENS} what_a_platform_may_send_gets_in",
        f"{TOKENS} the_table_has_a_row_that_works",
        f"{KEYS} in_the_steady_state_no_key_is_fetched_and_a_flood_of_names_costs_five",
        f"{FLOWS} three_tabs_of_one_browser_end_in_three_launches",
        f"{LAUNCHES} whoever_is_no_learner_or_unknown_only_looks",
    ),
    "L01-L09 logins of nobody": (
        f"{LOGINS} a_login_that_is_not_right_leads_nowhere",
        f"{LOGINS} a_login_of_an_unknown_deployment_ends_at_the_platforms_door",
        f"{LAUNCHES} a_deployment_that_waits_for_approval_is_named",
    ),
    "L10-L17 targets elsewhere": (
        f"{LOGINS} a_login_that_is_not_right_leads_nowhere",
        "unit/lti/test_login.py l10_a_target_that_is_not_a_page_of_ours_is_refused",
    ),
    "L20-L26 odd parameters": (
        f"{LOGINS} an_honest_login_asks_the_platform_for_exactly_this",
        f"{LOGINS} a_hint_goes_on_as_it_came_and_into_nothing_else",
        f"{LOGINS} script_in_a_parameter_comes_back_as_text",
        f"{LOGINS} a_parameter_that_comes_twice_is_refused",
        f"{LOGINS} forty_logins_share_no_state_and_no_nonce_and_none_is_short",
        f"{LOGINS} storage_does_not_replace_the_state",
    ),
    "S01-S19 signatures": (
        f"{TOKENS} a_token_that_is_not_right_opens_nothing",
        f"{TOKENS} addresses_in_headers_are_never_fetched",
    ),
    "S17, S20, S21 keys that must not verify": (f"{KEYS} a_key_that_must_not_verify_does_not",),
    "T times": (
        f"{TOKENS} a_token_that_is_not_right_opens_nothing",
        f"{TOKENS} what_a_platform_may_send_gets_in",
    ),
    "A audiences, tenants, deployments": (f"{TOKENS} a_token_that_is_not_right_opens_nothing",),
    "N nonces and states": (
        f"{TOKENS} a_token_that_is_not_right_opens_nothing",
        f"{FLOWS} a_replay_opens_nothing_with_or_without_stolen_cookies",
        f"{FLOWS} a_token_opens_one_login_alone",
        f"{FLOWS} of_ten_equal_launches_at_once_at_most_one_gets_in",
        f"{FLOWS} a_state_that_is_not_ours_opens_nothing",
        f"{FLOWS} a_launch_without_any_state_opens_nothing",
        f"{FLOWS} nobody_is_logged_in_as_somebody_else",
    ),
    "M what cannot be read": (
        f"{TOKENS} a_token_that_is_not_right_opens_nothing",
        f"{REQUESTS} a_body_that_is_no_launch_is_refused",
        f"{REQUESTS} an_odd_method_is_refused",
        f"{REQUESTS} a_launch_in_an_address_is_refused",
        f"{REQUESTS} whatever_a_platform_signs_is_let_in_or_politely_refused",
        f"{FLOWS} a_platforms_error_answer_gets_a_page_that_helps",
    ),
    "X what pages carry": (
        f"{FLOWS} no_page_carries_script_or_says_how_we_are_built",
        f"{FLOWS} a_return_address_cannot_widen_who_may_frame_us",
        f"{FLOWS} the_key_set_shows_no_private_number",
        f"{LAUNCHES} cookies_are_spelt_for_frames_and_for_nobody_else",
        f"{LAUNCHES} pages_are_framed_by_their_platform_alone_and_kept_by_nobody",
    ),
    "K key servers gone bad": (
        f"{KEYS} a_platform_without_its_keys_is_said_to_be_away_and_others_are_served",
        f"{KEYS} in_the_steady_state_no_key_is_fetched_and_a_flood_of_names_costs_five",
        f"{KEYS} a_key_server_that_hangs_holds_up_nobody_else",
    ),
    "P whose page and whose grade it is": (
        f"{FLOWS} a_planted_cookie_opens_nothing",
        f"{FLOWS} others_addresses_forms_and_attempts_stay_theirs",
        f"{FLOWS} what_a_browser_adds_to_a_form_decides_nothing",
        f"{FLOWS} only_a_teachers_own_role_shows_the_class",
        f"{FLOWS} what_a_browser_adds_to_a_launch_decides_nothing",
        f"{LAUNCHES} an_address_alone_opens_nothing",
        f"{GRADES} a_score_goes_to_its_line_item_before_the_query",
        f"{GRADES} a_score_says_all_that_keeps_a_grade_from_being_erased",
        f"{GRADES} one_token_serves_many_scores",
        "unit/lti/test_tokens.py our_signature_names_us_and_the_token_address",
    ),
    "D deep linking": (
        f"{PICKING} the_answer_is_what_moodle_takes",
        f"{PICKING} the_browser_may_send_the_form_to_the_lms_and_to_nobody_else",
        f"{REFUSED_PICKS} a_hostile_return_address_is_refused",
        f"{REFUSED_PICKS} only_who_teaches_may_pick",
        f"{REFUSED_PICKS} settings_that_lack_something_are_refused",
    ),
    "R dynamic registration": (
        f"{REGISTERING} r01_to_r07_no_address_but_a_public_one_is_called",
        f"{REGISTERING} r08_no_redirect_is_followed",
        f"{REGISTERING} r09_no_endpoint_within_may_be_an_inner_one",
        f"{REGISTERING} r10_nobody_speaks_for_another_platform",
        f"{REGISTERING} r11_no_tenant_is_overwritten",
        f"{REGISTERING} r12_thirty_megabytes_are_not_read",
        f"{REGISTERING} r13_what_registered_itself_is_not_live_before_approval",
    ),
    "a login ends, floods are held up, nothing is written down in the clear": (
        f"{FLOWS} a_login_ends_after_ten_minutes",
        "integration/test_limits.py whoever_comes_too_often_is_told_when_to_come_again",
        "integration/test_keys.py keys_are_stored_encrypted_and_open_under_their_own_secret_alone",
        "integration/test_access_tokens.py a_token_is_unreadable_at_rest",
        "integration/test_events.py a_stranger_is_recorded_without_what_they_sent",
        f"{REGISTERING} without_an_invite_nothing_is_fetched",
    ),
}
# What people complain about with tools like this one -> where it is shown not to happen.
COMPLAINTS = {
    "state not found": (
        f"{COOKIELESS} a_proof_opens_the_launch_in_the_page_itself",
        f"{WINDOW} without_cookies_the_courses_own_storage_carries_a_launch_to_the_answer",
        f"{WINDOW} without_cookies_and_storage_a_new_window_is_offered_and_works",
    ),
    "reload and back break it": (
        f"{WINDOW} reload_and_back_after_the_lock_change_nothing",
        f"{LAUNCHES} a_launch_that_comes_again_is_refused",
    ),
    "grades silently missing": (
        "integration/test_passbacks.py an_lms_that_is_down_gets_the_score_once_when_it_is_back",
        f"{CLASS} a_refused_grade_is_explained_and_can_be_sent_again",
        f"{CLASS} all_that_is_missing_is_sent_by_one_button",
    ),
    "late though it was on time": (
        f"{DELIVERIES} a_score_says_when_the_estimate_was_locked",
        "integration/test_passbacks.py a_grade_that_stands_is_never_sent_lower_or_again",
    ),
    "attempts used up by re-sending": (
        f"{FLAVOURS} work_is_handed_in_once_however_often_it_is_graded",
    ),
    "copied courses": (
        f"{COPIES} a_copied_course_finds_its_settings_and_nobodys_attempts",
        f"{COPIES} a_link_that_was_copied_is_known_by_its_history",
    ),
    "one issuer for many institutions": (
        f"{LOGINS} the_second_client_of_an_issuer_is_asked_at_its_own_name",
        f"{LAUNCHES} a_deployment_that_waits_for_approval_is_named",
    ),
    "registration fails without a word": (
        "integration/test_registering.py "
        "the_platforms_no_is_told_in_its_own_words_and_the_invite_stays_good",
    ),
    "clocks": ("unit/lti/test_launch_times.py a_clock_that_is_off_is_named_with_both_times",),
    "tabs and people mix": (
        f"{WINDOW} two_tabs_on_two_activities_do_not_mix",
        f"{WINDOW} two_people_in_one_browser_do_not_mix",
    ),
    "teachers cannot try it": (f"{LAUNCHES} who_only_tries_it_out_sees_all_and_is_never_graded",),
    "roles misread": (
        f"{FLOWS} only_a_teachers_own_role_shows_the_class",
        "unit/lti/test_claims.py each_course_role_has_its_own_rights",
    ),
    "no name, no e-mail": (
        f"{LAUNCHES} a_learner_without_a_name_is_nobody_else",
        f"{LAUNCHES} whoever_is_no_learner_or_unknown_only_looks",
    ),
    "rosters end after a page": (
        f"{FLAVOURS} the_class_page_has_everybody_whatever_pages_the_roster_comes_in",
        "unit/lti/test_links.py a_bookmark_keeps_its_capitals",
    ),
    "the frame is too small": (
        f"{WINDOW} the_frame_grows_with_what_is_in_it_and_does_not_go_on_growing",
    ),
    "the work behind a grade cannot be seen": (
        f"{REVIEWS} speed_grader_opens_the_work_behind_a_score",
        f"{REVIEWS} a_teacher_sees_what_the_learner_has_settled_and_no_more",
    ),
    "no column in the gradebook": (
        f"{DELIVERIES} an_activity_without_a_column_gets_one_and_its_grades_follow",
        f"{PICKING} without_line_items_the_teacher_is_told_that_grades_are_off",
    ),
    "keys that rotate by the hour": (f"{FLAVOURS} a_launch_after_hours_finds_the_key_of_the_hour",),
    "away for a day, and all typed is lost": (
        "integration/test_drafts.py it_survives_expiry_and_a_new_launch_on_another_device",
    ),
    "graded into the column of another launch": (
        "integration/test_passbacks.py "
        "a_learner_whose_column_changes_is_graded_in_the_one_they_began_in",
    ),
}

# What the best of other tools have, and is not among the above.
FEATURES = {
    "dynamic registration, in two dialects": (
        "integration/test_registering.py moodle_is_connected_activated_approved_and_launches",
        "integration/test_registering.py canvas_names_no_deployment_so_that_one_waits",
        "unit/lti/test_platform_configuration.py canvas_says_what_it_is_to_who_shows_the_token",
    ),
    "several items in one answer": (
        f"{PICKING} several_items_go_in_one_answer_where_the_lms_takes_several",
    ),
    "dates of an item": (
        "unit/lti/test_deep_linking.py dates_say_when_work_is_handed_in_and_never_hide_the_answers",
        f"{PICKING} an_activitys_dates_go_with_it_and_its_answers_stay_to_be_seen",
    ),
    "gradebook columns, found or made": (
        "unit/lti/test_gradebook_columns.py a_column_that_is_not_there_is_made",
        f"{DELIVERIES} the_page_that_canvas_makes_of_a_column_opens_the_activity_itself",
    ),
    "gradebook columns, changed and taken away": (
        "unit/lti/test_gradebook_columns.py a_column_is_changed_and_all_else_in_it_stays",
        f"{CHANGES} title_points_and_dates_reach_the_column_by_a_job",
        f"{CHANGES} a_grade_keeps_its_share_whatever_becomes_of_the_maximum",
        f"{CHANGES} a_second_column_of_ours_is_taken_away_if_it_is_empty",
        f"{CHANGES} a_second_column_that_holds_a_grade_stays",
    ),
    "all pages of results": (
        "unit/lti/test_gradebook_columns.py all_results_are_read_page_by_page",
    ),
    "Canvas's own part of a score": (
        f"{FLAVOURS} what_protects_a_teachers_grade_never_keeps_an_old_one_of_ours",
    ),
    "retries, in their order": (
        "integration/test_passbacks.py the_last_delay_repeats_until_a_week_has_passed",
        "integration/test_grade_drill.py "
        "every_grade_arrives_once_whatever_the_gradebook_does_and_whoever_dies",
    ),
    "rotation of our keys": (
        "integration/test_keys.py a_new_key_is_published_before_it_signs_and_the_old_one_after",
    ),
    "one access token for all processes": (
        "integration/test_access_tokens.py many_processes_at_once_ask_for_one_token",
    ),
    "roles of staff in reviews": (f"{REVIEWS} a_learner_who_forges_a_review_sees_only_their_own",),
    "notices of copied courses": (
        f"{NOTICED} a_course_that_offers_notices_is_asked_for_them_once_by_a_job",
        f"{NOTICED} a_link_of_a_copied_course_finds_its_settings_and_nobodys_attempts",
        f"{NOTICED} a_notice_counts_once",
        f"{NOTICED} what_is_no_notice_for_us_is_refused_and_leaves_nothing",
        f"{NOTICED} a_notice_that_its_platform_did_not_sign_is_refused",
    ),
    "moving over from LTI 1.1": (
        "unit/lti/test_migration.py the_signature_is_that_of_the_migration_guide",
        f"{FORMER} who_proves_its_old_key_is_let_in_and_stays",
        f"{FORMER} who_proves_nothing_waits_as_ever",
        f"{FORMER} a_claim_that_is_none_hinders_nobody",
    ),
    "languages": (
        "integration/test_languages.py "
        "a_learner_chooses_a_language_and_finds_it_in_the_next_launch",
    ),
    "what has happened, without names": (
        "integration/test_events.py a_login_and_its_launch_are_found_under_one_reference",
    ),
    "pages for whoever runs it": (
        "integration/test_operator.py each_step_that_fails_says_why_and_what_to_do",
    ),
    "a platform that nobody here wrote": (
        "integration/test_open_edx.py "
        "a_learner_of_open_edx_is_launched_and_the_score_lands_in_its_gradebook",
    ),
}


@cache
def named_in(path: str) -> frozenset[str]:
    """The tests of a file."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    functions = (
        each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return frozenset(each.name for each in functions)


@pytest.mark.parametrize(
    "named",
    [pytest.param(tests, id=row) for row, tests in (HOSTILE | COMPLAINTS | FEATURES).items()],
)
def test_every_row_has_its_tests(named: tuple[str, ...]) -> None:
    assert named
    for path, _, name in (each.partition(" ") for each in named):
        assert f"test_{name}" in named_in(path)
