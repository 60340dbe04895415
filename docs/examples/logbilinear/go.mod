module example.com/logbilinear

go 1.26.0

require lmzoo v0.0.0

replace lmzoo => ../../..
