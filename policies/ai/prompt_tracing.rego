# METADATA
# title: Prompts are sent along with traces
# description: What users confide leaves the service for wherever its traces are collected.
# custom:
#   id: KG8161
#   severity: low
#   frameworks: [OWASP AISVS C12, MITRE ATLAS AML.T0057, CWE-359]
package kubeguard.ai.prompt_tracing

import data.kubeguard.lib.env
import data.kubeguard.lib.pods

_langsmith := {"LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGSMITH_TRACING_V2"}

_hiding := {"LANGCHAIN_HIDE_INPUTS", "LANGSMITH_HIDE_INPUTS"}

_endpoints := {"LANGCHAIN_ENDPOINT", "LANGSMITH_ENDPOINT"}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	variable.name in _langsmith
	env.truthy(variable.value)
	values := env.values(variable.container)
	not _hidden(values)
	not _own(values)
	msg := sprintf("%s sends prompts and answers to LangSmith (%s)", [
		pods.called(variable.container),
		variable.name,
	])
}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	_captures(variable.name, variable.value)
	msg := sprintf("%s puts prompts and answers into its traces (%s)", [
		pods.called(variable.container),
		variable.name,
	])
}

_hidden(values) if {
	some name in _hiding
	env.truthy(values[name])
}

_own(values) if {
	some name in _endpoints
	endpoint := values[name]
	not regex.match(`smith\.langchain\.com`, endpoint)
}

_captures(name, value) if {
	name in {"TRACELOOP_TRACE_CONTENT", "AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED"}
	env.truthy(value)
}

_captures("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value) if {
	not env.falsy(value)
	not lower(value) in {"", "no_content"}
}
