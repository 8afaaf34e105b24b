{{- define "tailrace.name" -}}
{{- if contains "tailrace" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-tailrace" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "tailrace.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/name: tailrace
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What selects the pods of one role: a dict of root and role. */}}
{{- define "tailrace.selector" -}}
app.kubernetes.io/name: tailrace
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{/* A value as the environment takes it. Helm reads numbers as floats, which would print 134217728 as 1.34217728e+08. */}}
{{- define "tailrace.text" -}}
{{- if kindIs "float64" . }}{{ printf "%.0f" . }}{{ else }}{{ toString . }}{{ end }}
{{- end }}

{{/* Refuses, before anything is changed, what every process would refuse at its start. */}}
{{- define "tailrace.check" -}}
{{- $settings := .Values.settings }}
{{- $secrets := .Values.secrets }}
{{- if not $settings.KAFKA_BROKERS }}{{ fail "settings.KAFKA_BROKERS is required: host:port, separated by commas" }}{{ end }}
{{- range tuple "DATABASE_URL" "CREDENTIAL_ENCRYPTION_KEY" }}
{{- if not (get $secrets .) }}{{ fail (printf "secrets.%s is required: the name and key of a Secret" .) }}{{ end }}
{{- end }}
{{- if $settings.JWT_JWKS_URL }}
{{- if $secrets.JWT_SECRET }}{{ fail "secrets.JWT_SECRET must not be set beside settings.JWT_JWKS_URL" }}{{ end }}
{{- if not $secrets.TICKET_SECRET }}{{ fail "secrets.TICKET_SECRET is required beside settings.JWT_JWKS_URL" }}{{ end }}
{{- if not $settings.JWT_AUDIENCE }}{{ fail "settings.JWT_AUDIENCE is required beside settings.JWT_JWKS_URL" }}{{ end }}
{{- else if not $secrets.JWT_SECRET }}{{ fail "secrets.JWT_SECRET is required, or settings.JWT_JWKS_URL instead" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ fail "ingress.host is required with ingress.enabled" }}{{ end }}
{{- if and .Values.ingress.enabled (not $settings.TRUST_PROXY) }}{{ fail "settings.TRUST_PROXY is required with ingress.enabled: the number of proxies that a request passes" }}{{ end }}
{{- end }}
