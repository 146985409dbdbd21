"""What Prometheus records and alerts on, a file a layer; `prometheus_rules` puts it together."""
