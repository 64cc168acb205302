# METADATA
# title: Prompts are written to the log
# description: Logs go to many people and are kept for long; prompts hold what users confide.
# custom:
#   id: KG8160
#   severity: medium
#   frameworks: [OWASP AISVS C12, MITRE ATLAS AML.T0057, CWE-532]
package kubeguard.ai.prompt_logging

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.images
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": option.path} if {
	some server in servers.found
	some option in server.line.options
	what := _options[server.product][option.name]
	not env.falsy(option.value)
	not _shortened(server.line, option.name)
	msg := sprintf("%s logs %s (%s)", [pods.called(server.container), what, option.name])
}

deny contains {"msg": msg, "path": server.path} if {
	some server in servers.found
	server.product == "vLLM"
	regex.match(`^v?0\.[1-9]\.`, images.parse(server.container.spec.image).tag)
	not commands.flag(server.line, {"--disable-log-requests"})
	not _shortened(server.line, "--enable-log-requests")
	msg := sprintf("%s logs prompts, as this version of vLLM does until it is told not to", [
		pods.called(server.container),
	])
}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	_logs(variable.name, variable.value)
	msg := sprintf("%s logs prompts or answers (%s)", [
		pods.called(variable.container),
		variable.name,
	])
}

_options := {
	"vLLM": {"--enable-log-requests": "prompts", "--enable-log-outputs": "answers"},
	"SGLang": {"--log-requests": "prompts"},
	"llama.cpp": {"--verbose": "prompts", "-v": "prompts", "--log-verbose": "prompts"},
}

_shortened(line, "--enable-log-requests") if {
	some option in commands.options(line, {"--max-log-len"})
	option.value == "0"
}

_shortened(line, "--log-requests") if {
	some option in commands.options(line, {"--log-requests-level"})
	option.value in {"0", "1"}
}

_logs("VLLM_DEBUG_LOG_API_SERVER_RESPONSE", value) if env.truthy(value)

_logs("OLLAMA_DEBUG", value) if value in {"1", "2", "true"}

_logs(name, value) if {
	name in {"LITELLM_LOG", "OPENAI_LOG", "ANTHROPIC_LOG"}
	lower(value) == "debug"
}
