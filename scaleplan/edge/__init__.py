"""The way in: names, certificates, balancer, CDN."""
