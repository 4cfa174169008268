/** Chat templates as published models write them. */
export const published: Readonly<Record<string, string>> = {
  ChatML: `{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
  "Llama 2": `{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}`,
  "Llama 3.1": `{{- bos_token }}
{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not date_string is defined %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}{{- "Environment: ipython\\n" }}{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}{{- system_message }}{{- "<|eot_id|>" }}
{%- for message in messages %}
{%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endif %}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}`,
  "Qwen 3": `{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}
{%- if ns.multi_step_tool and message.role == "user" and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}
{%- for message in messages %}{%- set content = message.content %}
{%- if '</think>' in content %}{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{%- endif %}
{%- if loop.last or (not loop.last and message.role != 'x') %}{{- '<|im_start|>' + message.role + '\\n' + content }}{%- endif %}
{%- if loop.previtem and loop.previtem.role == "user" %}{{- '!' }}{%- endif %}{{- '<|im_end|>\\n' }}{%- endfor %}{{ ns.last_query_index }}`,
  Mistral: `{%- set loop_messages = messages if messages[0].role != "system" else messages[1:] %}{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- for message in loop_messages | rejectattr("role", "equalto", "tool") %}{%- if message["role"] == "user" %}{%- if message == user_messages[-1] %}{{- "[LAST]" }}{%- endif %}{{- "[INST] " + message["content"] + "[/INST]" }}
{%- elif message["role"] == "assistant" %}{{- " " + message["content"]|trim + eos_token}}{%- endif %}{%- endfor %}`,
  "macros, filters and calls": `{%- macro part(text, upper=false) -%}{{ text|upper if upper else text|title }}{%- endmacro -%}
{%- macro wrap(name) -%}<{{ name }}>{{ caller(name ~ '!') }}</{{ name }}>{%- endmacro -%}
{%- for m in messages if m.role != 'system' -%}{{ part(m.content, upper=loop.first) }}|{{ m|tojson(indent=2) }}|{{ m.content|replace('i', 'I')|indent(3, true) }}{% endfor -%}
{% call(x) wrap('b') %}{{ x }}{% endcall %}{% filter upper %}abc{{ 1 + 2 * 3 ** 2 // 4 % 5 }}{% endfilter %}
{%- for k, v in {'b': 1, 'a': [1, 2, {'c': none}]}|dictsort %}{{ k }}={{ v }}{% if loop.index > 5 %}{% break %}{% else %}{% continue %}{% endif %}{% endfor %}
{{- [3, 1, 2]|sort|join(', ') }}{{ 'a-b-c'.split('-')|reverse|first }}{{ range(2, 9, 3)|list }}{{ messages|map(attribute='role')|unique|join('/') }}
{{- {'a': 1}.items()|list }}{{ 'x' in 'xyz' }}{{ 2 in [1, 2] }}{{ 'k' in {'k': 1} }}{{ absent is undefined }}{{ absent|default('d') }}{{ -1.5|abs }}{{ ('a', 'b')[1] }}{{ "%d" is string }}{{ not true and false or 'e' }}{{ 'a' if 1 > 2 else 'b' }}{{ [1, 2] + [3] }}{{ 'n' ~ 1 ~ [1] }}{{ {'a': 1} }}{{ messages }}`,
};

/** Such as write the beginning of an answer, or a question that was, otherwise than the answer or the question that is. */
export const changing: Readonly<Record<string, string>> = {
  "thoughts are left out of what was said": `{% for m in messages %}{% set text = m.content.split('</think>')[-1].strip() if m.role == 'assistant' else m.content %}{{ '<|im_start|>' + m.role + '\\n' + text + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
  "a thought is begun": `{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content.split('</think>')[-1].strip() }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|><think>\\n' }}{% endif %}`,
  "the system's text stands before the last question": `{{ bos_token }}{% set system = messages[0].content if messages[0].role == 'system' else '' %}{% for m in messages if m.role != 'system' %}{% if m.role == 'user' %}{{ '[INST] ' + (system + '\\n\\n' if loop.last and system else '') + m.content + ' [/INST]' }}{% else %}{{ m.content.strip() + eos_token }}{% endif %}{% endfor %}`,
  "turns of two roles": `{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\\n' + m.content|trim + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}`,
  "an end of every message": `{% for m in messages %}{{ '<|' + m.role + '|>\\n' + m.content + eos_token + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`,
};

/** Whose borders are words like others. */
export const withoutTokens: Readonly<Record<string, string>> = {
  words: `{% for m in messages %}{{ m.content }} {% endfor %}`,
  "lines of a play": `{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}`,
  "lines that run on": `{% for m in messages %}{{ m.role ~ m.content ~ '\\n\\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant' }}{% endif %}`,
};
