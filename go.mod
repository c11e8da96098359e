module alongside

go 1.26
