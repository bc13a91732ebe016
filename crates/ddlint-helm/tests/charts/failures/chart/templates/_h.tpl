{{- define "deep" }}
{{ .Values.a.b.c }}
{{- end }}
