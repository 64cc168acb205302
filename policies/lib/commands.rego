# What containers run: `command` and `args` as one list of words. The script in `sh -c "..."` is
# split as the shell splits it, and variables whose value is written in the object are filled in.
package kubeguard.lib.commands

import data.kubeguard.lib.env

_shells := {"sh", "bash", "ash", "dash", "zsh", "ksh"}

_token := concat("|", [
	`#[^\n]*`,
	`(?:[^\s'"\\;&|<>()]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+`,
	`[;&|<>()\n]+`,
])

# The command line of a container: {"words", "options", "text"}. A word is {"text", "path"}; an
# option {"name", "value", "path", "value_path"}, where `name` has dashes for underscores and `value`
# is what follows its = or it, "" when nothing does.
line(container) := {
	"words": words,
	"options": [option | some index, _ in words; option := _option(words, index)],
	"text": concat(" ", [word.text | some word in words]),
} if {
	words := _words(container)
}

_given(container) := [{"text": text, "path": array.concat(container.path, [key, index])} |
	some key in ["command", "args"]
	some index, text in container.spec[key]
	is_string(text)
]

_words(container) := words if {
	given := _given(container)
	values := _values(given, container)
	script := _script(given)
	words := [word |
		some index, argument in given
		some text in _split(_filled(argument.text, values), index == script, values)
		word := {"text": text, "path": argument.path}
	]
}

# Few containers use variables in their commands.
_values(given, container) := env.values(container) if {
	some argument in given
	contains(argument.text, "$")
} else := {}

# Which argument is a script: the one behind a shell's -c, which may be one of `-lc`.
_script(given) := at if {
	some argument in given
	_program(argument.text) in _shells
	at := 1 + min([index |
		some index, flag in given
		regex.match(`^-[a-z]*c$`, flag.text)
		some earlier, shell in given
		earlier < index
		_program(shell.text) in _shells
	])
} else := -1

_program(text) := array.reverse(split(text, "/"))[0]

# Kubernetes itself fills in $(NAME).
_filled(text, values) := strings.replace_n(
	{concat("", ["$(", name, ")"]): value | some name, value in values},
	text,
) if {
	contains(text, "$(")
} else := text

_split(text, false, _) := [text]

_split(text, true, values) := [word |
	some token in regex.find_n(_token, replace(text, "\\\n", " "), -1)
	not startswith(token, "#")
	word := _expanded(_unquoted(token), values)
]

_unquoted(token) := token if not regex.match(`['"\\]`, token)

else := regex.replace(token, `\\(.)|['"]`, "$1")

_expanded(word, values) := word if not contains(word, "$")

else := concat("", [part |
	some piece in regex.find_n(`\$\{\w+\}|\$\w+|[^$]+|\$`, word, -1)
	part := _value(piece, values)
])

_value(piece, values) := object.get(values, trim(piece, "${}"), piece) if {
	startswith(piece, "$")
} else := piece

_option(words, index) := {
	"name": replace(substring(text, 0, equals), "_", "-"),
	"value": substring(text, equals + 1, -1),
	"path": words[index].path,
	"value_path": words[index].path,
} if {
	text := words[index].text
	startswith(text, "-")
	equals := indexof(text, "=")
	equals > 0
} else := {
	"name": replace(text, "_", "-"),
	"value": next.text,
	"path": words[index].path,
	"value_path": next.path,
} if {
	text := words[index].text
	startswith(text, "-")
	next := words[index + 1]
	not regex.match(`^(-[^0-9]|[;&|<>()\n])`, next.text)
} else := {
	"name": replace(text, "_", "-"),
	"value": "",
	"path": words[index].path,
	"value_path": words[index].path,
} if {
	text := words[index].text
	startswith(text, "-")
}

# The options of a line that have one of these names, in order.
options(line, names) := [option | some option in line.options; option.name in names]

# Whether a flag is set: given, and not as =false.
flag(line, names) if {
	some option in line.options
	option.name in names
	not env.falsy(option.value)
}
