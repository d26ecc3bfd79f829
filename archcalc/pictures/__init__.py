"""Pictures of networks: charts."""
