{{/*
Options that the image sets as variables, and a variable wins over the file. So these go into variables, too; all others
are in the file.
*/}}
{{- define "mcpspan.variables" -}}
{{- range $index, $option := list "listen" "health" "page" "store" "drain-delay" "drain-seconds" }}
{{- if $index }}{{ "\n" }}{{ end -}}
- name: MCPSPAN_{{ $option | replace "-" "_" | upper }}
  value: {{ required (printf "config.%s needs a value" $option) (index $.Values.config $option) | toString | quote }}
{{- end }}
{{- end -}}

{{/* The part of the file that a running mcpspan does not read again. */}}
{{- define "mcpspan.config" -}}
{{- $config := omit .Values.config "listen" "health" "page" "store" "drain-delay" "drain-seconds" -}}
{{- if $config }}
{{- toYaml $config }}
{{- end }}
{{- end -}}

{{- define "mcpspan.file" -}}
{{- with include "mcpspan.config" . }}
{{- . }}
{{ end -}}
servers:
{{- toYaml .Values.servers | nindent 2 }}
{{- end -}}

{{/* Ports as JSON: {"ports": [{name, port, clients}]}. `clients` are those that clients connect to. */}}
{{- define "mcpspan.ports" -}}
{{- $ports := list (dict "name" "mcp" "port" (include "mcpspan.port" .Values.config.listen | int) "clients" true) -}}
{{- $listeners := list -}}
{{- range .Values.servers -}}
{{- with .listen -}}{{- $listeners = append $listeners . -}}{{- end -}}
{{- end -}}
{{- range uniq $listeners -}}
{{- $port := include "mcpspan.port" . | int -}}
{{- $ports = append $ports (dict "name" (printf "mcp-%d" $port) "port" $port "clients" true) -}}
{{- end -}}
{{- $ports = append $ports (dict "name" "health" "port" (include "mcpspan.port" .Values.config.health | int) "clients" false) -}}
{{- if ne .Values.config.page "off" -}}
{{- $ports = append $ports (dict "name" "page" "port" (include "mcpspan.port" .Values.config.page | int) "clients" false) -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $ports -}}
{{- if hasKey $seen (toString .port) -}}
{{- fail (printf "port %d is used twice: by %s and by %s" .port (get $seen (toString .port)) .name) -}}
{{- end -}}
{{- $_ := set $seen (toString .port) .name -}}
{{- end -}}
{{- dict "ports" $ports | toJson -}}
{{- end -}}

{{/* The port of HOST:PORT. */}}
{{- define "mcpspan.port" -}}
{{- splitList ":" . | last -}}
{{- end -}}

{{/* The variables that OpenTelemetry defines. */}}
{{- define "mcpspan.telemetry" -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_UID
  valueFrom: { fieldRef: { fieldPath: metadata.uid } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: NODE_NAME
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ include "mcpspan.resource" . | quote }}
{{- with .Values.otlp.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: {{ $.Values.otlp.protocol }}
- name: OTEL_METRIC_EXPORT_INTERVAL
  value: {{ mul $.Values.otlp.metricSeconds 1000 | quote }}
{{- end }}
{{- end -}}

{{/* `service.instance.id` as the OpenTelemetry Operator makes it: namespace.pod.container. */}}
{{- define "mcpspan.resource" -}}
k8s.namespace.name=$(POD_NAMESPACE),k8s.pod.name=$(POD_NAME),k8s.pod.uid=$(POD_UID),k8s.node.name=$(NODE_NAME),k8s.deployment.name={{ include "mcpspan.name" . }},k8s.container.name=mcpspan,service.instance.id=$(POD_NAMESPACE).$(POD_NAME).mcpspan
{{- range $name, $value := .Values.otlp.resourceAttributes }},{{ $name }}={{ $value }}{{ end }}
{{- end -}}
