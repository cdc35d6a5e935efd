import type { FailureKind } from './failure.ts';

/** Kinds that a code or a wording can stand for. */
export type SpokenKind = Extract<
  FailureKind,
  | 'quota_exhausted'
  | 'context_exceeded'
  | 'content_refused'
  | 'overloaded'
  | 'rate_limited'
  | 'credential_refused'
  | 'model_gone'
  | 'caller_fault'
  | 'transient'
  | 'unfinished'
>;

/** Codes, types, statuses and reasons as providers spell them, in lower case. */
const codesByKind: Readonly<Record<SpokenKind, string>> = {
  quota_exhausted: `
    insufficient_quota insufficient_user_quota insufficient_balance insufficientbalance insufficient_balance_error
    insufficient_credit insufficient_credits insufficient_funds billing_hard_limit_reached billing_not_active
    billing_error billing_disabled payment_required exceeded_current_quota_error quota_exhausted credits_exhausted
    credit_limit_exceeded credit_balance_exhausted organization_spend_limit_exceeded project_spend_limit_exceeded
    organization_usage_limit_exceeded enforced_spend_limit_reached spend_limit_exceeded blocked_api_access arrearage
    accountoverdueerror prepaidbilloverdue postpaidbilloverdue commoditynotpurchased allocationquota.freetieronly
    invalid_payment_instrument reject_no_credit 1113 1308 1309 1310 status_code:1008 status_code:1028 status_code:1030
    status_code:2056`,
  context_exceeded: `
    context_length_exceeded context_window_exceeded context_limit_exceeded model_context_window_exceeded
    exceed_context_size_error contextlengthexceeded too_many_prompt_tokens too_many_tokens max_context_length_exceeded
    tokens_limit_reached token_limit_exceeded outofcontexterror prompt_too_long input_too_long weight_exceeds_budget
    1261`,
  content_refused: `
    content_policy_violation content_filter content_filter_error contentfilter content_filtered content_moderation
    responsibleaipolicyviolation moderation_blocked image_content_policy_violation data_inspection_failed
    datainspectionfailed sensitivecontentdetected inputtextsensitivecontentdetected outputtextsensitivecontentdetected
    inputimagesensitivecontentdetected outputimagesensitivecontentdetected inputtextriskdetection inputimageriskdetection
    outputtextriskdetection outputimageriskdetection prohibited_content safety_check_failed content_policy 1301
    status_code:1026 status_code:1027`,
  overloaded: `
    overloaded_error overloaded engine_overloaded engine_overloaded_error server_overloaded serveroverloaded
    server_is_overloaded model_overloaded slow_down unavailable unavailable_error service_unavailable
    service_unavailable_error serviceunavailable serviceunavailableexception modelnotreadyexception no_capacity
    nocapacity capacity_exceeded queue_exceeded temporarily_unavailable no_provider_available 1312`,
  rate_limited: `
    rate_limit_exceeded rate_limit_error rate_limit_reached rate_limit_reached_error ratelimitreached ratelimiterror
    rate_limited rate_limit requests tokens resource_exhausted too_many_requests too_many_requests_error toomanyrequests
    toomanyrequestsexception throttling throttling.ratequota throttling.allocationquota throttling.burstrate
    throttlingexception servicequotaexceededexception limit_requests limitrequests request_limit_exceeded
    request_quota_exceeded token_quota_exceeded dynamic_request_limited dynamic_token_limited model_rate_limit
    inflightbatchsizeexceeded in_flight_budget_exhausted status_code:1002 status_code:1039 status_code:1041`,
  credential_refused: `
    invalid_api_key invalidapikey incorrect_api_key incorrect_api_key_error wrong_api_key api_key_invalid
    api_key_service_blocked authentication authentication_error authenticationerror invalid_authentication_error
    unauthenticated unauthorized account_deactivated account_suspended account_disabled organization_restricted
    invalid_organization unsupported_country_region_territory permission_denied permission_error permission_denied_error
    access_denied accessdenied accessdeniedexception service_disabled consumer_suspended unrecognizedclientexception
    expiredtokenexception invalidsignatureexception incompletesignature invalidclienttokenid notauthorized requestexpired
    missingauthenticationtoken 1110 1111 1112 1121 status_code:1004 status_code:2049`,
  model_gone: `
    model_not_found modelnotfound model_not_found_error model_not_available model_not_supported model_decommissioned
    model_deprecated model_not_open invalid_model unknown_model unavailable_model unsupported_model deploymentnotfound
    not_found_error not_found notfounderror resource_not_found resource_not_found_error resourcenotfoundexception
    endpoint_not_found resource_does_not_exist invalidendpointormodel.notfound invalidendpoint.notfound
    invalidendpoint.closedendpoint modelnotopen model.accessdenied model_access_denied operationnotsupported
    ftuformnotfilled 1211 1311 status_code:2061`,
  caller_fault: `
    invalid_request_error invalid_request invalid_argument invalid_parameter_error invalid_parameter_value
    invalidparameter parameter_unknown bad_request badrequesterror validation_error validationexception
    failed_precondition request_too_large unprocessable_entity invalid_prompt invalid_value invalid_type invalid_image
    image_too_large unsupported_parameter unsupported_value missing_required_parameter invalid_function_parameters
    string_above_max_length string_too_long tool_use_failed json_validate_failed status_code:1042 status_code:2013`,
  transient: `
    server_error internal_error internal internal_server_error internalservererror internalserverexception api_error
    timeout_error modelerrorexception modelstreamerrorexception modeltimeoutexception deadline_exceeded aborted
    status_code:1000 status_code:1001 status_code:1013 status_code:1024 status_code:1033`,
  // The wires' own, for an answer that says so in another way.
  unfinished: 'unfinished_answer',
};

/** Codes that come in families, by what every member has in it. */
const fragments: readonly (readonly [fragment: string, kind: SpokenKind])[] = [
  ['sensitivecontent', 'content_refused'],
  ['ratelimitexceeded', 'rate_limited'],
  ['spend_limit', 'quota_exhausted'],
];

const kindByCode = new Map<string, SpokenKind>();
for (const kind of Object.keys(codesByKind) as SpokenKind[]) {
  for (const code of codesByKind[kind].trim().split(/\s+/)) kindByCode.set(code, kind);
}

/** Kinds that codes stand for; unknown codes stand for none. */
export function kindsOfCodes(codes: readonly string[]): ReadonlySet<SpokenKind> {
  const kinds = new Set<SpokenKind>();
  for (const code of codes) {
    const kind = kindByCode.get(code) ?? fragments.find(([fragment]) => code.includes(fragment))?.[1];
    if (kind !== undefined) kinds.add(kind);
  }
  return kinds;
}
