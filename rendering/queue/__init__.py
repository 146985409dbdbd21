"""What carries jobs: Redis or RabbitMQ."""
