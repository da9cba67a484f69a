"""Stores that speak S3."""
