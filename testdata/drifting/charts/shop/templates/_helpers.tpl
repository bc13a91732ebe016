{{- define "shop.name" -}}
{{ .Release.Name }}-shop
{{- end }}

{{- define "shop.secret" -}}
{{ .Values.auth.existingSecret | default (include "shop.name" .) }}
{{- end }}
