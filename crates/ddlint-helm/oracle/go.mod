module ddlint.dev/oracle

go 1.25

require (
	github.com/BurntSushi/toml v1.5.0
	sigs.k8s.io/yaml v1.6.0
)

require (
	go.yaml.in/yaml/v2 v2.4.2 // indirect
	go.yaml.in/yaml/v3 v3.0.4 // indirect
)
