"""Drivers: pure logic over pins handed in."""
