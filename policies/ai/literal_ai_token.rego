# METADATA
# title: Token for models is written in the object
# description: Whoever may read the object, or the repository it is kept in, has the token.
# custom:
#   id: KG8130
#   severity: high
#   frameworks: [OWASP AISVS C4, MITRE ATLAS AML.T0055, MITRE T1552, CWE-798]
package kubeguard.ai.literal_ai_token

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.env
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_names := {
	"ANTHROPIC_API_KEY",
	"ANTHROPIC_AUTH_TOKEN",
	"AWS_BEARER_TOKEN_BEDROCK",
	"AZURE_OPENAI_API_KEY",
	"AZURE_OPENAI_KEY",
	"COHERE_API_KEY",
	"COMET_API_KEY",
	"CO_API_KEY",
	"DATABRICKS_TOKEN",
	"DEEPSEEK_API_KEY",
	"E2B_API_KEY",
	"FIREWORKS_API_KEY",
	"GEMINI_API_KEY",
	"GOOGLE_API_KEY",
	"GROQ_API_KEY",
	"HF_API_TOKEN",
	"HF_TOKEN",
	"HUGGINGFACEHUB_API_TOKEN",
	"HUGGINGFACE_API_KEY",
	"HUGGINGFACE_TOKEN",
	"HUGGING_FACE_HUB_TOKEN",
	"JINA_API_KEY",
	"JUPYTER_TOKEN",
	"LANGCHAIN_API_KEY",
	"LANGFUSE_SECRET_KEY",
	"LANGSMITH_API_KEY",
	"LITELLM_MASTER_KEY",
	"LLAMA_API_KEY",
	"MISTRAL_API_KEY",
	"MLFLOW_TRACKING_PASSWORD",
	"MLFLOW_TRACKING_TOKEN",
	"NEPTUNE_API_TOKEN",
	"NGC_API_KEY",
	"NVIDIA_API_KEY",
	"OPENAI_API_KEY",
	"OPENROUTER_API_KEY",
	"PERPLEXITY_API_KEY",
	"PINECONE_API_KEY",
	"QDRANT_API_KEY",
	"QDRANT__SERVICE__API_KEY",
	"RAY_AUTH_TOKEN",
	"REPLICATE_API_TOKEN",
	"SERPAPI_API_KEY",
	"TAVILY_API_KEY",
	"TOGETHER_API_KEY",
	"VLLM_API_KEY",
	"VOYAGE_API_KEY",
	"WANDB_API_KEY",
	"WEAVIATE_API_KEY",
	"XAI_API_KEY",
}

_options := {"--api-key", "--hf-token", "--hub-token", "--huggingface-token", "--wandb-api-key"}

_prefixes := ["hf_", "sk-", "gsk_", "r8_", "nvapi-", "pplx-", "lsv2_", "pcsk_", "tvly-"]

_shape := concat("", [
	`\b(?:hf_[A-Za-z]{30,}|sk-(?:proj|ant|svcacct|or|lf)-[\w-]{20,}|sk-[A-Za-z0-9]{40,}`,
	`|gsk_[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{30,}|nvapi-[\w-]{40,}|pplx-[A-Za-z0-9]{40,}`,
	`|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|pcsk_\w{40,}|tvly-[\w-]{20,})\b`,
])

# What stands for a token, or says where it is.
_stand_in := concat("", [
	`(?i)^(?:.{0,11}|\$.*|/.*|<.*>|\{\{.*|(?:vault|op|ref\+\w+|arn|ssm|secretref|enc|file)[:+\[].*`,
	`|\S*\s.*|.*(?:example|placeholder|dummy|fake|change.?me|replace|your[-_]|no[-_]?key|needed`,
	`|required|unused|xxxx|\.\.\.|redacted|insert|\*\*\*|0000|1234567).*)$`,
])

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	_token(variable.name, variable.value)
	msg := sprintf("%s has a token written into variable %q", [
		pods.called(variable.container),
		variable.name,
	])
}

deny contains {"msg": msg, "path": option.value_path} if {
	some candidate in servers.candidates
	some option in candidate.line.options
	_given(option)
	msg := sprintf("%s has a token written into its arguments (%s)", [
		pods.called(candidate.container),
		option.name,
	])
}

deny contains {"msg": msg, "path": word.path} if {
	some candidate in servers.candidates
	some word in candidate.line.words
	not startswith(word.text, "-")
	_shaped(word.text)
	not _of_option(candidate.line, word)
	msg := sprintf("%s has a token written into its arguments", [pods.called(candidate.container)])
}

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	input.apiVersion == "v1"
	some key, value in input.data
	is_string(value)
	_token(key, value)
	msg := sprintf("%s has a token written into %q", [objects.called, key])
}

deny contains {"msg": msg, "path": ["spec", key]} if {
	input.kind in {"RayJob", "RayService"}
	some key in ["runtimeEnvYAML", "serveConfigV2", "entrypoint"]
	is_string(input.spec[key])
	_shaped(input.spec[key])
	msg := sprintf("%s has a token written into its %s", [objects.called, key])
}

_token(name, value) if {
	name in _names
	not regex.match(_stand_in, value)
}

_token(name, value) if {
	not name in _names
	_shaped(value)
}

_shaped(value) if {
	some prefix in _prefixes
	contains(value, prefix)
	some found in regex.find_n(_shape, value, -1)
	not regex.match(_stand_in, found)
}

_given(option) if {
	option.name in _options
	not regex.match(_stand_in, option.value)
}

_given(option) if {
	not option.name in _options
	_shaped(option.value)
}

_of_option(line, word) if {
	some option in line.options
	option.value == word.text
	_given(option)
}
