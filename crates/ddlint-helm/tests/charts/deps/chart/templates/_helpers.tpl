{{- define "name" -}}parent{{- end -}}
{{- define "deps.only" -}}only {{ .Chart.Name }}{{- end -}}
